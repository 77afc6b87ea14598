//! A disk cache of finished pictures: encoded bytes, or rows of pixels that a hit lends out without decoding or
//! copying. A hit in memory takes some tens of nanoseconds; nothing on disk is believed before it is verified;
//! the quota is in bytes and taken before a byte is written; a process may be killed at any moment; many
//! processes may share one folder.
//!
//! ```
//! use fic_cache::{Cache, Config, Form, Key, SourceId};
//! use fic_core::{Budget, Limits, PixelLayout};
//!
//! # let folder = tempfile::tempdir()?;
//! let cache = Cache::open(&folder.path().join("cache"), Config::new(256 << 20))?;
//! let recipe = [0; 64]; // what is made of the source, in a fixed-width form of yours
//! let key = Key::new(Form::Pixels, 1, SourceId::named("bucket", "photo.jpg?v=7"), &recipe);
//! let budget = Budget::new(&Limits::untrusted());
//! let served = cache.get_or_insert_with(&key, |maker| {
//!     let mut rows = maker.pixels(100, 2, PixelLayout::Rgb, &budget)?; // the size first
//!     rows.push(&[255; 600])?; // then the pixels
//!     rows.finish()
//! })?;
//! assert_eq!(served.entry.rows().len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Trouble with the cache (a full disk, a damaged entry, a lost permission) is never an error of a request: the
//! picture is made and served, and [`Served::origin`] and [`Cache::stats`] say what happened.
//!
//! Who may write into the folder can forge entries: checksums find accidents. The folder is therefore opened only
//! where it belongs to the user that runs this, with mode 0700.

mod buffer;
mod cache;
mod config;
mod damage;
mod entry;
mod failures;
mod flight;
mod folder;
mod gate;
mod header;
mod identity;
mod janitor;
mod key;
mod ledger;
mod lookup;
mod maker;
mod making;
mod origin;
mod pending;
mod policy;
mod publish;
mod resident;
mod second_tier;
mod shape;
mod source;
mod stats;
mod store;
mod stripe;
mod sweep;
mod sync;

pub use cache::{Cache, Verified};
pub use config::{Admission, Backing, Config, Durability, Tending};
pub use damage::Damage;
pub use entry::Entry;
#[cfg(all(feature = "mmap", target_os = "linux"))]
pub use fic_mmap::ExclusiveDir;
pub use key::{Form, Key, RECIPE_BYTES};
pub use maker::{Made, Maker, Rows};
pub use origin::{Origin, Served, Uncached};
#[doc(hidden)]
pub use publish::{Faults, Step};
pub use second_tier::SecondTier;
pub use shape::{Content, ROW_ALIGNMENT, Shape};
pub use source::SourceId;
pub use stats::Stats;
