"""Coverage: whether there is somebody for everything that waits, by lane and by hour, and a warning where not."""
