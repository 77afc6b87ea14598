//! The words every crate of the stack shares.
//!
//! Nothing here reads a picture format. It says what a format, a limit, a cost, a budget, an error, a
//! finding and a buffer of pixels are, so that the format crates, the resampler and the facade can be read
//! one at a time and still mean the same thing.
//!
//! ```
//! use fic_core::{Budget, Limits};
//!
//! let limits = Limits::untrusted().with_max_heap_bytes(1 << 20);
//! let budget = Budget::new(&limits);
//! let held = budget.hold(1000)?; // a receipt: the bytes are given back when it drops
//! assert_eq!(budget.held_bytes(), 1000);
//! drop(held);
//! assert!(budget.hold(2 << 20).is_err());
//! # Ok::<(), fic_core::Error>(())
//! ```

mod band;
mod budget;
mod cost;
mod error;
pub mod exif;
mod finding;
mod format;
mod header;
mod held;
mod incident;
mod limits;
mod orientation;
mod pixels;
mod reader;
mod request;
mod scratch;

pub use band::{Band, Bands};
pub use budget::{Budget, Cancel, Hold};
pub use cost::{Cost, units};
pub use error::{Error, Kind, Stage};
pub use finding::{Finding, FindingKind, Findings};
pub use format::Format;
pub use header::{ColourModel, Header, Span};
pub use held::HeldBytes;
pub use incident::Incident;
pub use limits::{Limit, Limits};
pub use orientation::Orientation;
pub use pixels::{PixelBuf, PixelLayout, rows_bytes};
pub use reader::Reader;
pub use request::{Nearness, Request, Truncated};
pub use scratch::{Element, Reused, Scratch};
