"""Pictures that move, as files: GIF, WebP and APNG by Pillow, WebM and MP4 by PyAV where that is installed."""
