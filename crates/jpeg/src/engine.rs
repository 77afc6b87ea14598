//! The decoder: from the scans of an outlined file to bands of pixels, in the order of ITU-T T.81.
//!
//! | step | module |
//! |---|---|
//! | what is decoded, and its cost | [`blueprint`], [`geometry`], [`coefficients`] |
//! | entropy-coded segments, bits, Huffman codes | [`segment`], [`bits`], [`huffman`], [`tables`] |
//! | the MCUs of a scan and their blocks | [`scan`], [`sequential`], [`progressive`] |
//! | coefficients of several scans | [`store`] |
//! | one scan on several threads | [`threads`] |
//! | samples | [`idct`], [`stripe`] |
//! | pixels | [`upsample`], [`rows`], and the colour equations in `convert` |
//! | bands | [`decoder`] |
//!
//! Coefficients that the asked-for scale does not need are skipped, several symbols at a probe, and scans that
//! hold no others are not read at all.

pub(crate) mod bits;
pub(crate) mod blueprint;
pub(crate) mod coefficients;
pub(crate) mod decoder;
pub(crate) mod geometry;
pub(crate) mod huffman;
pub(crate) mod idct;
pub(crate) mod progressive;
pub(crate) mod rows;
pub(crate) mod scan;
pub(crate) mod segment;
pub(crate) mod sequential;
pub(crate) mod store;
pub(crate) mod stripe;
pub(crate) mod tables;
pub(crate) mod threads;
pub(crate) mod upsample;
mod v3;
