"""The experiment that is set up: its column of forms, its files, its history."""
