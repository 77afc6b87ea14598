//! The frame header (T.81, B.2.2): process, size, components, and the grids of blocks that follow from it.
//!
//! In comes the payload of an SOF segment; out goes a [`Frame`] whose numbers are in range. Zero sizes,
//! sampling factors outside 1 to 4 and a wrong length are refused; the process is only named.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use std::num::NonZeroU32;

use fic_core::{Error, Format, Reader, Stage};

/// The most components that a picture decoded here has, and that an [`Outline`](crate::Outline) keeps.
pub const MAX_COMPONENTS: usize = 4;

/// The coding process, from the frame's marker (T.81, table B.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    /// SOF0: baseline, sequential, Huffman.
    Baseline,
    /// SOF1: extended sequential, Huffman.
    Extended,
    /// SOF2: progressive, Huffman.
    Progressive,
    /// SOF3: lossless, Huffman.
    Lossless,
    /// SOF5 to SOF7, SOF13 to SOF15: a differential frame of a hierarchical picture.
    Differential,
    /// SOF9: sequential, arithmetic.
    ArithmeticSequential,
    /// SOF10: progressive, arithmetic.
    ArithmeticProgressive,
    /// SOF11: lossless, arithmetic.
    ArithmeticLossless,
}

impl Process {
    fn from_marker(marker: u8) -> Process {
        match marker & 0x0F {
            0 => Process::Baseline,
            1 => Process::Extended,
            2 => Process::Progressive,
            3 => Process::Lossless,
            9 => Process::ArithmeticSequential,
            10 => Process::ArithmeticProgressive,
            11 => Process::ArithmeticLossless,
            _ => Process::Differential,
        }
    }

    /// The name for reports.
    pub const fn name(self) -> &'static str {
        match self {
            Process::Baseline => "baseline",
            Process::Extended => "extended sequential",
            Process::Progressive => "progressive",
            Process::Lossless => "lossless",
            Process::Differential => "hierarchical",
            Process::ArithmeticSequential => "arithmetic sequential",
            Process::ArithmeticProgressive => "arithmetic progressive",
            Process::ArithmeticLossless => "arithmetic lossless",
        }
    }

    /// Whether it codes blocks of DCT coefficients with Huffman codes: the kinds that are decoded.
    pub const fn is_huffman_dct(self) -> bool {
        matches!(self, Process::Baseline | Process::Extended | Process::Progressive)
    }
}

/// One component of the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Component {
    /// The identifier that scan headers use.
    pub id: u8,
    /// Horizontal sampling factor, 1 to 4.
    pub h: u8,
    /// Vertical sampling factor, 1 to 4.
    pub v: u8,
    /// The quantisation table's slot.
    pub quantiser: u8,
}

/// The frame header.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The coding process.
    pub process: Process,
    /// Bits a sample.
    pub precision: u8,
    /// Columns.
    pub width: NonZeroU32,
    /// Rows.
    pub height: NonZeroU32,
    components: [Component; MAX_COMPONENTS],
    count: u8,
}

/// Columns and rows of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Columns.
    pub across: u32,
    /// Rows.
    pub down: u32,
}

impl Grid {
    /// How many there are.
    pub fn area(self) -> u64 {
        u64::from(self.across).saturating_mul(u64::from(self.down))
    }
}

impl Frame {
    pub(crate) fn read(marker: u8, payload: &[u8], at: u64) -> Result<Frame, Error> {
        let refuse = |what| Error::malformed(Stage::Outline, Format::Jpeg, what).at(at);
        let mut r = Reader::new(payload);
        let header = (r.u8(), r.u16_be(), r.u16_be(), r.u8());
        let (Some(precision), Some(height), Some(width), Some(count)) = header else {
            return Err(refuse("frame header is too short"));
        };
        if r.remaining() != usize::from(count).saturating_mul(3) {
            return Err(refuse("frame header length does not fit its components"));
        }
        let Some(width) = NonZeroU32::new(width.into()) else {
            return Err(refuse("width is zero"));
        };
        let Some(height) = NonZeroU32::new(height.into()) else {
            // T.81, B.2.5: zero means that a DNL segment behind the first scan states it.
            let what = "height is left to a DNL segment behind the scan";
            return Err(Error::unsupported(Stage::Outline, Format::Jpeg, what).at(at));
        };
        if count == 0 {
            return Err(refuse("frame has no component"));
        }
        if usize::from(count) > MAX_COMPONENTS {
            let what = "more than four components";
            return Err(Error::unsupported(Stage::Outline, Format::Jpeg, what).at(at).found(count.into()));
        }
        let process = Process::from_marker(marker);
        let mut frame = Frame { process, precision, width, height, components: Default::default(), count };
        for slot in frame.components.iter_mut().take(usize::from(count)) {
            let Some(&[id, factors, quantiser]) = r.array::<3>() else { break };
            *slot = Component { id, h: factors >> 4, v: factors & 15, quantiser };
        }
        frame.check_components().map_err(refuse)?;
        Ok(frame)
    }

    fn check_components(&self) -> Result<(), &'static str> {
        for (index, component) in self.components().iter().enumerate() {
            if !(1..=4).contains(&component.h) || !(1..=4).contains(&component.v) {
                return Err("sampling factor is not 1 to 4");
            }
            if component.quantiser > 3 {
                return Err("quantisation table selector is not 0 to 3");
            }
            if self.components().iter().take(index).any(|other| other.id == component.id) {
                return Err("two components have the same identifier");
            }
        }
        Ok(())
    }

    /// The components, in the order of the frame header.
    pub fn components(&self) -> &[Component] {
        self.components.get(..usize::from(self.count)).unwrap_or_default()
    }

    /// The place of the component that scans call `id`.
    pub fn index_of(&self, id: u8) -> Option<usize> {
        self.components().iter().position(|component| component.id == id)
    }

    /// The sampling factors of component `index`. A picture with one component is never interleaved, so
    /// whatever factors it states change nothing (A.2.2): they count as 1.
    pub fn sampling(&self, index: usize) -> (u32, u32) {
        if self.count == 1 {
            return (1, 1);
        }
        self.components().get(index).map_or((1, 1), |c| (c.h.into(), c.v.into()))
    }

    /// The largest sampling factors.
    pub fn max_sampling(&self) -> (u32, u32) {
        (0..self.components().len())
            .map(|index| self.sampling(index))
            .fold((1, 1), |(h_max, v_max), (h, v)| (h.max(h_max), v.max(v_max)))
    }

    /// The MCUs of an interleaved scan (A.2.4).
    pub fn mcus(&self) -> Grid {
        let (h, v) = self.max_sampling();
        Grid {
            across: self.width.get().div_ceil(h.saturating_mul(8)),
            down: self.height.get().div_ceil(v.saturating_mul(8)),
        }
    }

    /// The samples of component `index` that make the picture (A.1.1).
    pub fn samples(&self, index: usize) -> Grid {
        let (h, v) = self.sampling(index);
        let (h_max, v_max) = self.max_sampling();
        Grid {
            across: self.width.get().saturating_mul(h).div_ceil(h_max.max(1)),
            down: self.height.get().saturating_mul(v).div_ceil(v_max.max(1)),
        }
    }

    /// The blocks of component `index` in a scan of its own (A.2.2).
    pub fn blocks(&self, index: usize) -> Grid {
        let samples = self.samples(index);
        Grid { across: samples.across.div_ceil(8), down: samples.down.div_ceil(8) }
    }

    /// The blocks of component `index` in an interleaved scan: those of whole MCUs.
    pub fn padded_blocks(&self, index: usize) -> Grid {
        let (h, v) = self.sampling(index);
        let mcus = self.mcus();
        Grid { across: mcus.across.saturating_mul(h), down: mcus.down.saturating_mul(v) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_sizes_round_up_to_blocks_and_mcus() {
        let frame = Frame::read(0xC0, &[8, 0, 17, 0, 33, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1], 0).unwrap();
        assert_eq!(frame.mcus(), Grid { across: 3, down: 2 });
        assert_eq!(frame.samples(1), Grid { across: 17, down: 9 });
        assert_eq!(frame.blocks(0), Grid { across: 5, down: 3 });
        assert_eq!(frame.padded_blocks(0), Grid { across: 6, down: 4 });
    }

    #[test]
    fn sampling_factors_of_a_single_component_count_as_one() {
        let frame = Frame::read(0xC0, &[8, 0, 17, 0, 33, 1, 1, 0x42, 0], 0).unwrap();
        assert_eq!((frame.sampling(0), frame.mcus()), ((1, 1), Grid { across: 5, down: 3 }));
    }
}
