"""The bench itself: that it says what it found, and that every question can be asked."""
