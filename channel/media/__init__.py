"""Media: pictures, sound, video and files that creators attach."""
