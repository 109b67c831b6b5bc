"""What `channel demo` shows: three invented communities and their last ninety days."""
