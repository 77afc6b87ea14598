//! A key frame, decoded a row of macroblocks at a time (RFC 6386, section 5): the payload of a `VP8 ` chunk in, rows
//! of planes out.
//!
//! What is in memory: the last two rows of macroblocks, one row of samples above them from before the filter, and
//! for each column the modes and the contexts that it leaves to the one below.

#[cfg(target_arch = "x86_64")]
use fearless_simd::{Level, Simd};

use super::Vp8;
use super::bool_decoder::BoolDecoder;
use super::filtering::Filtering;
use super::header::FrameHeader;
use super::loop_filter::{LoopFilter, Strength};
use super::macroblock::Making;
use super::modes::ModeReader;
use super::planes::Planes;
use super::quantiser::Factors;
use super::residue::Column;
use super::tokens::Probabilities;
#[cfg(target_arch = "x86_64")]
use super::transform::V3;
use super::transform::{Plain, Transforms};
use super::work::{Above, Work};

/// A key frame being decoded.
#[derive(Clone, Debug)]
pub(crate) struct Frame<'a> {
    modes: BoolDecoder<'a>,
    mode_reader: ModeReader,
    partitions: Vec<BoolDecoder<'a>>,
    probabilities: Probabilities,
    factors: [Factors; 4],
    filter: Option<LoopFilter>,
    columns: Vec<Column>,
    strengths: Vec<Strength>,
    above: Above,
    work: Work,
    planes: Planes,
    /// Rows of macroblocks.
    rows: usize,
    /// The next of them.
    next: usize,
    height: usize,
    /// Whether the rest of the picture is made up.
    is_lost: bool,
}

/// A partition that ended before its last macroblock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CutShort {
    /// Counted row by row.
    pub(crate) macroblock: u64,
    pub(crate) part: Part,
}

/// Which of the partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Coefficients,
    Modes,
}

impl<'a> Frame<'a> {
    /// Bytes on the heap for a frame.
    pub(crate) fn bytes(header: &Vp8) -> u64 {
        let columns = u64::from(header.width.div_ceil(16));
        let column = (size_of::<Column>() + size_of::<Strength>() + 32) as u64;
        let partitions = size_of::<BoolDecoder<'_>>() as u64;
        Planes::bytes(columns)
            .saturating_add(columns.saturating_mul(column))
            .saturating_add(partitions << header.header.log2_partitions)
    }

    /// Reads what comes before the first macroblock; the caller has paid for [`Frame::bytes`].
    pub(crate) fn new(payload: &'a [u8], header: &Vp8, filtering: Filtering) -> Frame<'a> {
        let (first, partitions) = header.partitions(payload);
        let mut modes = BoolDecoder::new(first);
        let _read_before = FrameHeader::read(&mut modes);
        let frame_header = &header.header;
        // Whether the probabilities are kept for later frames.
        let _refresh = modes.flag();
        let probabilities = Probabilities::read(&mut modes);
        let mode_reader = ModeReader::read(&mut modes, frame_header);
        let (width, height) = (header.width as usize, header.height as usize);
        let columns = width.div_ceil(16);
        Frame {
            modes,
            mode_reader,
            partitions,
            probabilities,
            factors: Factors::of_segments(frame_header),
            filter: LoopFilter::new(frame_header, filtering),
            columns: vec![Column::NONE; columns],
            strengths: vec![Strength::default(); columns],
            above: Above::new(columns),
            work: Work::new(),
            planes: Planes::new(columns),
            rows: height.div_ceil(16),
            next: 0,
            height,
            is_lost: false,
        }
    }

    /// The planes, of which the rows before [`Frame::ready`] are finished, and the 16 before those not yet gone.
    pub(crate) fn planes(&self) -> &Planes {
        &self.planes
    }

    /// Rows of luma that are finished, with the chroma on both sides of them.
    pub(crate) fn ready(&self) -> usize {
        if self.next == self.rows {
            return self.height;
        }
        // The next row's filter changes up to three rows of either kind of plane, and what is between two rows of
        // chroma needs both.
        let pending = if self.filter.is_some() { 9 } else { 1 };
        (self.next * 16).saturating_sub(pending)
    }

    /// Decodes the next row of macroblocks, of which there must be one.
    pub(crate) fn decode_row(&mut self) -> Result<(), CutShort> {
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = Level::new().as_avx2() {
            return token.vectorize(
                #[inline(always)]
                || self.decode_row_with(V3(token)),
            );
        }
        self.decode_row_with(Plain)
    }

    #[inline(always)]
    fn decode_row_with<T: Transforms>(&mut self, transforms: T) -> Result<(), CutShort> {
        let row = self.next;
        if self.is_lost {
            self.planes.fill(row, 0);
            self.next += 1;
            return Ok(());
        }
        let Some(partition) = self.partitions.get(row & (self.partitions.len() - 1)) else { return Ok(()) };
        let tokens = *partition;
        self.work.start_row(row == 0);
        let mut making = Making {
            transforms,
            mode_reader: self.mode_reader,
            modes: self.modes,
            tokens,
            probabilities: &self.probabilities,
            factors: &self.factors,
            left: Column::NONE,
            work: &mut self.work,
            above: &mut self.above,
            row,
        };
        for (column, above) in self.columns.iter_mut().enumerate() {
            let made = making.macroblock(above, column);
            if let Some(part) = making.cut() {
                let macroblock = row as u64 * self.strengths.len() as u64 + column as u64;
                return Err(CutShort { macroblock, part });
            }
            if let Some(filter) = &self.filter {
                self.strengths[column] = filter.strength(made.segment, made.in_4x4, !made.is_empty);
            }
            self.planes.put(making.work, row, column);
        }
        self.modes = making.modes;
        let tokens = making.tokens;
        let nth = row & (self.partitions.len() - 1);
        self.partitions[nth] = tokens;
        if let Some(filter) = &self.filter {
            filter.row(&mut self.planes, row, &self.strengths);
        }
        self.next += 1;
        Ok(())
    }

    /// Goes on behind data that is missing: grey from that macroblock on.
    pub(crate) fn go_on(&mut self, cut: CutShort) {
        let column = usize::try_from(cut.macroblock).unwrap_or(0) % self.columns.len();
        self.planes.fill(self.next, column);
        self.next += 1;
        self.is_lost = true;
    }
}
