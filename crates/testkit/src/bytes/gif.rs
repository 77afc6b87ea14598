//! Builds GIF files byte by byte.
