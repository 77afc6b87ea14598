//! What can be done with a picture.

use std::error::Error;
use std::sync::LazyLock;

use clap::ValueEnum;
use fastimagecache::{Fidelity, Policy, Recipe, Thumbnailer};
use fic_bench::{Decoded, decode, for_each_band, outline};
use fic_core::{Limits, Request};
use serde::Deserialize;

/// What to do with a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Operation {
    /// Decode it at full size, band by band, without keeping the rows.
    Bands,
    /// A thumbnail within 256 x 256, after a full decode.
    Exact,
    /// A thumbnail within 256 x 256, from as little as will do.
    Fast,
    /// Decode it at full size into a picture that is used again.
    Full,
    /// Draw its outline.
    Outline,
    /// Say what it is.
    Sniff,
    /// A thumbnail within 256 x 256.
    Standard,
}

/// What was made. The bytes are empty where nothing is kept.
#[derive(Debug, Default)]
pub(crate) struct Made {
    pub(crate) pixels: Decoded,
    /// The predicted peak of heap, where there is one.
    pub(crate) predicted_heap: Option<u64>,
    /// The largest picture so far, kept for the next one while thumbnails are made: as the peers' buffers are.
    kept: Vec<u8>,
}

impl Operation {
    /// Does it; what `made` holds is used again.
    pub(crate) fn run(self, file: &[u8], made: &mut Made) -> Result<(), Box<dyn Error>> {
        match self {
            Operation::Bands => {
                let (width, height, layout) = for_each_band(file, &Request::full(), &LIMITS, |band| {
                    std::hint::black_box(band.bytes);
                })?;
                made.pixels = Decoded { width, height, channels: layout.channels(), bytes: Vec::new() };
            }
            Operation::Full => {
                if made.pixels.bytes.len() < made.kept.len() {
                    std::mem::swap(&mut made.pixels.bytes, &mut made.kept);
                }
                decode(file, &Request::full(), &LIMITS, &mut made.pixels)?;
            }
            Operation::Exact => thumbnail(file, Fidelity::Exact, made)?,
            Operation::Fast => thumbnail(file, Fidelity::Fast, made)?,
            Operation::Standard => thumbnail(file, Fidelity::Standard, made)?,
            Operation::Outline => {
                let header = outline(file)?;
                (made.pixels.width, made.pixels.height) = (header.width.get(), header.height.get());
            }
            Operation::Sniff => {
                fic_sniff::sniff(std::hint::black_box(file)).require_picture()?;
            }
        }
        Ok(())
    }
}

const LIMITS: Limits = Limits::untrusted();

fn thumbnail(file: &[u8], fidelity: Fidelity, made: &mut Made) -> Result<(), Box<dyn Error>> {
    // One for all calls, as in a service: its buffers are used again.
    static THUMBNAILER: LazyLock<Thumbnailer> = LazyLock::new(|| Thumbnailer::new(Policy::untrusted()));
    let pixels = THUMBNAILER.pixels(file, &Recipe::within(256, 256).with_fidelity(fidelity))?;
    made.predicted_heap = Some(pixels.report.predicted.peak_heap);
    if made.pixels.bytes.len() > made.kept.len() {
        made.kept = std::mem::take(&mut made.pixels.bytes);
    }
    made.pixels = Decoded {
        width: pixels.buffer.width(),
        height: pixels.buffer.height(),
        channels: pixels.buffer.layout().channels(),
        bytes: pixels.buffer.into_bytes(),
    };
    Ok(())
}
