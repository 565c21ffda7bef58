"""System checks: what would otherwise be found out by losing something."""
