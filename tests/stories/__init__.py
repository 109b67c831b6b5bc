"""What people do, from beginning to end, in a real browser against a server that was started by its command."""
