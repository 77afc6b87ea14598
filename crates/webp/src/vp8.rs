//! Lossy frames (RFC 6386): in comes the payload of a `VP8 ` chunk, out come its header and the bounds of every
//! partition, and later its rows.
//!
//! | module | RFC 6386 | what it does |
//! |---|---|---|
//! | [`bool_decoder`] | 7 | flags of a stated probability |
//! | [`partitions`] | 9.1, 9.5 | frame tag, size, partitions |
//! | [`header`] | 9.2 to 9.6, 19.2 | segments, filter and quantisers of a frame |
//! | [`quantiser`] | 9.6, 14.1 | the factors of each segment |
//! | [`modes`], [`mode_probabilities`] | 8, 10, 11 | how each macroblock is predicted |
//! | [`residue`], [`tokens`], [`token_probabilities`] | 13 | coefficients |
//! | [`transform`] | 14 | from coefficients to residue |
//! | [`predict`], [`work`] | 12 | from borders to samples |
//! | [`macroblock`] | 11 to 14 | all of that, block by block |
//! | [`loop_filter`] | 15 | edges between blocks, smoothed |
//! | [`filtering`] | 15 | where that is left out |
//! | [`frame`], [`planes`] | 5 | all of it, a row of macroblocks at a time |

mod bool_decoder;
pub(crate) mod filtering;
pub(crate) mod frame;
mod header;
#[cfg(feature = "image-webp")]
mod levels;
mod loop_filter;
mod macroblock;
mod mode_probabilities;
mod modes;
mod partitions;
pub(crate) mod planes;
mod predict;
mod quantiser;
mod residue;
mod token_probabilities;
mod tokens;
mod transform;
mod work;

pub(crate) use self::partitions::Vp8;
