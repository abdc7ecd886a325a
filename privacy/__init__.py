"""What is known about a child, and for how long."""
