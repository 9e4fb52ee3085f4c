"""What a class is told and sees: what is this, a tour, pages, lessons, hidden controls."""
