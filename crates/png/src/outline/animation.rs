//! acTL, fcTL and fdAT: how many frames an APNG says it has and shows to have (PNG 11.3.6).
//!
//! The default image is what is decoded, so no frame is looked into: a wild rectangle, count or sequence
//! number is counted and reported, and costs nothing.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{FindingKind, Findings, Reader};

use super::chunk::{Chunk, MAX_U31};
use super::ihdr::Ihdr;

/// What the animation chunks say; none of it has an effect on the default image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Animation {
    /// Frames that acTL declares.
    pub declared_frames: Option<u32>,
    /// How often it is to be played; 0 for ever.
    pub plays: u32,
    /// fcTL chunks of the right length: the frames that are there.
    pub frame_controls: u64,
    /// fdAT chunks.
    pub frame_data_chunks: u64,
    /// Whether the default image is the first frame: an fcTL came before the first IDAT.
    pub starts_with_default_image: bool,
    /// fcTL chunks whose rectangle is empty or reaches outside the canvas.
    pub wild_frames: u64,
}

impl Animation {
    /// Looks at an acTL chunk with a right CRC.
    pub(super) fn actl(&mut self, chunk: &Chunk<'_>, before_idat: bool, findings: &mut Findings) {
        let mut r = Reader::new(chunk.data);
        match (r.u32_be(), r.u32_be()) {
            (Some(frames), Some(plays)) if r.is_at_end() => {
                let legal = frames > 0 && frames.max(plays) <= MAX_U31;
                if legal && before_idat && self.declared_frames.is_none() {
                    self.declared_frames = Some(frames);
                    self.plays = plays;
                } else {
                    findings.note(FindingKind::ContradictoryHeader, chunk.offset());
                }
            }
            _ => findings.note(FindingKind::SloppyLength, chunk.offset()),
        }
    }

    /// Looks at an fcTL chunk with a right CRC.
    pub(super) fn fctl(
        &mut self,
        chunk: &Chunk<'_>,
        ihdr: &Ihdr,
        before_idat: bool,
        findings: &mut Findings,
    ) {
        const LENGTH: usize = 26;
        let mut r = Reader::new(chunk.data);
        let _sequence_number = r.u32_be();
        let (Some(width), Some(height), Some(x), Some(y), LENGTH) =
            (r.u32_be(), r.u32_be(), r.u32_be(), r.u32_be(), chunk.data.len())
        else {
            findings.note(FindingKind::SloppyLength, chunk.offset());
            return;
        };
        self.frame_controls = self.frame_controls.saturating_add(1);
        self.starts_with_default_image |= before_idat;
        let inside = |from: u32, len: u32, side: u32| {
            len > 0 && u64::from(from).saturating_add(len.into()) <= side.into()
        };
        if !inside(x, width, ihdr.width.get()) || !inside(y, height, ihdr.height.get()) {
            self.wild_frames = self.wild_frames.saturating_add(1);
            findings.note(FindingKind::ContradictoryHeader, chunk.offset());
        }
    }

    /// Counts an fdAT chunk.
    pub(super) fn fdat(&mut self, chunk: &Chunk<'_>, findings: &mut Findings) {
        self.frame_data_chunks = self.frame_data_chunks.saturating_add(1);
        if chunk.data.len() < 4 {
            findings.note(FindingKind::SloppyLength, chunk.offset());
        }
    }

    /// Frames of the animation; 1 for a still. A default image apart from the animation is not counted.
    pub(super) fn frames(&self) -> u64 {
        if self.declared_frames.is_some() { self.frame_controls.max(1) } else { 1 }
    }

    /// Whether there are frames beside the default image.
    pub(super) fn has_other_frames(&self) -> bool {
        let apart = self.frame_controls > 0 && !self.starts_with_default_image;
        self.declared_frames.is_some() && (apart || self.frame_controls > 1)
    }

    /// Whether acTL and the frames that are there contradict each other.
    pub(super) fn is_contradictory(&self) -> bool {
        match self.declared_frames {
            Some(declared) => u64::from(declared) != self.frame_controls,
            None => self.frame_controls > 0 || self.frame_data_chunks > 0,
        }
    }
}
