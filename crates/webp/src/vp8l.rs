//! VP8L, the lossless bitstream (RFC 9649, section 3), from the header to rows of pixels.
//!
//! | section | what | module |
//! |---|---|---|
//! | 3.2 | bits | `bits` |
//! | 3.4 | header | `header` |
//! | 3.5, 3.7.2.2 | what precedes the pixels: transforms, cache, groups | `head`, over `stream` |
//! | 3.5 | transforms undone, a row at a time | `transform` and its folder |
//! | 3.6.2.2 | lengths and distances | `copy`; the pixels that they reach: `history` |
//! | 3.6.2.3 | colour cache | `cache` |
//! | 3.7.2.1 | prefix codes | `prefix_code`; looked up: `table`; five of them: `group` |
//! | 3.7.2.3 | entropy-coded pixels | `pixels` |
//!
//! `plan` reads all that precedes the pixels at admission and says what decoding will take, to the byte; `rows` reads it
//! again and decodes. What is held is the rows that copies can still reach, the tables of the groups that are used, a value
//! for each block of a transform, and two rows on their way through the transforms: never a frame.

mod bits;
mod cache;
mod copy;
mod group;
mod head;
mod header;
mod history;
mod pixels;
mod plan;
mod prefix_code;
mod rows;
mod stream;
mod table;
mod transform;
#[cfg(feature = "image-webp")]
pub(crate) mod trees;

pub(crate) use self::header::{HEADER, Vp8l};
pub(crate) use self::plan::Plan;
pub(crate) use self::rows::{NoRow, Rows};
