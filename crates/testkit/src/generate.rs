//! Well-formed streams put together from any bytes, so that a fuzzer's every input reaches the pixels.

pub mod vp8l;
