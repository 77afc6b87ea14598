//! JPEG (ITU-T T.81 in JFIF, Exif or bare streams): outline, admission, decoding in bands.
//!
//! ```
//! use fic_core::{Bands, Budget, Limits, Request};
//! # let picture = include_bytes!("../../../corpus/valid/jpeg/base_420_97x61.jpg");
//! let limits = Limits::untrusted();
//! let outline = fic_jpeg::outline(picture)?; // one pass over the markers, no pixel decoded
//! let admitted = fic_jpeg::admit(picture, &outline, &Request::full(), &limits)?; // refuses here
//! let mut decoder = fic_jpeg::open(admitted, &Budget::new(&limits))?;
//! let mut rows = 0;
//! while let Some(band) = decoder.next_band()? {
//!     rows += band.bytes.len() / (97 * 3);
//! }
//! assert_eq!(rows, 61);
//! # Ok::<(), fic_core::Error>(())
//! ```
//!
//! Decoded are Huffman-coded DCT frames of 8 bits a sample: SOF0, SOF1, SOF2 with one, three or four
//! components. Lossless, arithmetic, hierarchical and 12-bit files are `Unsupported` by name.
//!
//! The decoder is our own, in safe Rust, and reads the tables and spans of the outline. Pixels are those of
//! libjpeg's defaults (accurate integer DCT, fancy upsampling) to the bit. One sequential scan is decoded a
//! row of MCUs at a time; other files hold all their coefficients. Data that ends early is told to the bit.
//!
//! [`canonical()`] writes a minimal stream with the same pixels, for decoders that are not ours.

mod admit;
mod app;
mod canonical;
mod colour;
mod convert;
mod coverage;
mod engine;
mod frame;
mod icc;
pub mod marker;
mod outline;
mod scan;
mod scandata;
mod segments;
mod tables;
mod used;

pub use admit::{Admitted, admit};
pub use canonical::canonical;
pub use engine::decoder::{Decoder, open};
pub use frame::{Component, Frame, Grid, MAX_COMPONENTS, Process};
pub use outline::{Ending, Outline, outline};
pub use scan::{Scan, ScanComponent, ScanHeader, Scans};
pub use scandata::{Intervals, ScanData};
pub use segments::{Before, Segment, Segments};
pub use tables::{Class, HuffmanSpec, QuantiserSpec, Tables};
