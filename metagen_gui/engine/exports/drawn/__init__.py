"""What of a run is drawn for exports: its samples and its losses."""
