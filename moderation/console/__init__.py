"""The console: the screens on which moderators see what waits, look at evidence, and decide."""
