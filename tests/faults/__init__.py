"""What the promises on durability, order and resume rest on, tried on the real server from outside."""
