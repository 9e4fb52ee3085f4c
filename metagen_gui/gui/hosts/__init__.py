"""Other machines in the window: named, looked at, offered beside the devices."""
