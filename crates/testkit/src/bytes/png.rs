//! Builds PNG files byte by byte.
