"""What waits for those who run a community, in one place."""
