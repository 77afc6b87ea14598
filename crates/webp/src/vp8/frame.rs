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
use super::modes::{Luma, Macroblock, Mode4, ModeReader};
use super::planes::Planes;
use super::predict::{self, Borders};
use super::quantiser::Factors;
use super::tokens::{self, Block, Kind, Probabilities};
#[cfg(target_arch = "x86_64")]
use super::transform::V3;
use super::transform::{self, Content, Plain, Rows, Transforms};
use super::work::{self, Above, Work};

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
    residue: Residue,
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

/// What a macroblock leaves to its neighbours below and on the right.
#[derive(Clone, Copy, Debug)]
struct Column {
    modes: [Mode4; 4],
    /// Whether the blocks along its edge have coefficients.
    luma: [bool; 4],
    chroma: [[bool; 2]; 2],
    y2: bool,
}

/// The coefficients of one macroblock: luma, then both chroma planes.
#[derive(Clone, Debug)]
struct Residue {
    blocks: [Block; 24],
    contents: [Content; 24],
}

const NO_COLUMN: Column =
    Column { modes: [Mode4::Dc; 4], luma: [false; 4], chroma: [[false; 2]; 2], y2: false };

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
            columns: vec![NO_COLUMN; columns],
            strengths: vec![Strength::default(); columns],
            above: Above::new(columns),
            work: Work::new(),
            residue: Residue { blocks: [[0; 16]; 24], contents: [Content::Empty; 24] },
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
        let (mut modes, mut tokens) = (self.modes, *partition);
        let mut left = NO_COLUMN;
        self.work.start_row(row == 0);
        for column in 0..self.columns.len() {
            let above = &mut self.columns[column];
            let macroblock = self.mode_reader.macroblock(&mut modes, &mut above.modes, &mut left.modes);
            let factors = &self.factors[macroblock.segment];
            let is_empty = if macroblock.is_skipped {
                above.skip(&macroblock.luma);
                left.skip(&macroblock.luma);
                true
            } else {
                self.residue.read(
                    &mut tokens,
                    &self.probabilities,
                    factors,
                    &macroblock.luma,
                    above,
                    &mut left,
                )
            };
            if modes.is_past_end() || tokens.is_past_end() {
                let part = if modes.is_past_end() { Part::Modes } else { Part::Coefficients };
                let macroblock = row as u64 * self.columns.len() as u64 + column as u64;
                return Err(CutShort { macroblock, part });
            }
            if let Some(filter) = &self.filter {
                let in_4x4 = matches!(macroblock.luma, Luma::Blocks(_));
                self.strengths[column] = filter.strength(macroblock.segment, in_4x4, !is_empty);
            }
            self.reconstruct(transforms, &macroblock, is_empty, column);
        }
        self.modes = modes;
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

    /// Predicts, adds the residue, and puts the samples where they belong.
    #[inline(always)]
    fn reconstruct<T: Transforms>(
        &mut self,
        transforms: T,
        macroblock: &Macroblock,
        is_empty: bool,
        column: usize,
    ) {
        let Frame { work, residue, above, planes, next: row, .. } = self;
        let borders = Borders { above: *row > 0, left: column > 0 };
        if borders.left {
            work.step();
        }
        work.fetch_above(above, column);
        match &macroblock.luma {
            Luma::Whole(mode) => {
                predict::whole::<16, _>(*mode, borders, work.luma());
                if !is_empty {
                    for pair in 0..8 {
                        if let Some(blocks) = residue.taken(pair) {
                            let samples = work.luma_pair(pair);
                            work::set_wide(samples, transforms.two(&blocks, work::wide(samples)));
                        }
                    }
                }
            }
            Luma::Blocks(modes) => {
                work.fetch_above_right(above, column);
                for (nth, &mode) in modes.iter().enumerate() {
                    let around = work.luma_block(nth);
                    let rows = residue.added(transforms, nth, predict::block(mode, around));
                    work::set_block(around, rows);
                }
            }
        }
        for plane in 0..2 {
            predict::whole::<8, _>(macroblock.chroma, borders, work.chroma(plane));
        }
        if !is_empty {
            for pair in 0..4 {
                if let Some(blocks) = residue.taken(8 + pair) {
                    let samples = work.chroma_pair(pair);
                    work::set_wide(samples, transforms.two(&blocks, work::wide(samples)));
                }
            }
        }
        work.leave_below(above, column);
        let (stride, left) = (planes.y.stride(), column * 16);
        let rows = planes.y.rows_mut::<16>(*row * 16).chunks_exact_mut(stride);
        for (row, samples) in rows.zip(work.luma_rows()) {
            row[left..left + 16].copy_from_slice(samples);
        }
        let (stride, left) = (planes.u.stride(), column * 8);
        let (u, v) = (planes.u.rows_mut::<8>(*row * 8), planes.v.rows_mut::<8>(*row * 8));
        for ((u, v), samples) in
            u.chunks_exact_mut(stride).zip(v.chunks_exact_mut(stride)).zip(work.chroma_rows())
        {
            u[left..left + 8].copy_from_slice(samples.0);
            v[left..left + 8].copy_from_slice(samples.1);
        }
    }
}

impl Column {
    /// A macroblock without coefficients leaves none; the context of its Y2 block stays if it has none.
    fn skip(&mut self, luma: &Luma) {
        let y2 = match luma {
            Luma::Whole(_) => false,
            Luma::Blocks(_) => self.y2,
        };
        *self = Column { y2, modes: self.modes, ..NO_COLUMN };
    }
}

impl Residue {
    /// Reads the coefficients of a macroblock (section 13); says whether it has none after all.
    #[inline(always)]
    fn read(
        &mut self,
        bits: &mut BoolDecoder<'_>,
        probabilities: &Probabilities,
        factors: &Factors,
        luma: &Luma,
        above: &mut Column,
        left: &mut Column,
    ) -> bool {
        let mut is_empty = true;
        let (kind, first) = match luma {
            Luma::Blocks(_) => (Kind::YWhole, 0),
            Luma::Whole(_) => {
                let mut y2 = [0; 16];
                let context = usize::from(above.y2) + usize::from(left.y2);
                let end = tokens::block(bits, probabilities.of(Kind::Y2), context, factors.y2, 0, &mut y2);
                (above.y2, left.y2) = (end > 0, end > 0);
                if end > 0 {
                    for (block, dc) in self.blocks.iter_mut().zip(transform::walsh_hadamard(&y2)) {
                        block[0] = dc;
                    }
                }
                (Kind::YAfterY2, 1)
            }
        };
        let nodes = probabilities.of(kind);
        for row in 0..4 {
            for column in 0..4 {
                let (above, left) = (&mut above.luma[column], &mut left.luma[row]);
                let context = usize::from(*above) + usize::from(*left);
                let block = &mut self.blocks[row * 4 + column];
                let end = tokens::block(bits, nodes, context, factors.y, first, block);
                (*above, *left) = (end > first, end > first);
                let content = Content::new(end, block);
                is_empty &= content == Content::Empty;
                self.contents[row * 4 + column] = content;
            }
        }
        let nodes = probabilities.of(Kind::Chroma);
        for (plane, (above, left)) in above.chroma.iter_mut().zip(&mut left.chroma).enumerate() {
            for nth in 0..4 {
                let (above, left) = (&mut above[nth % 2], &mut left[nth / 2]);
                let context = usize::from(*above) + usize::from(*left);
                let block = &mut self.blocks[16 + plane * 4 + nth];
                let end = tokens::block(bits, nodes, context, factors.uv, 0, block);
                (*above, *left) = (end > 0, end > 0);
                let content = Content::new(end, block);
                is_empty &= content == Content::Empty;
                self.contents[16 + plane * 4 + nth] = content;
            }
        }
        is_empty
    }

    /// Adds block `nth` to its prediction, and forgets it.
    #[inline(always)]
    fn added<T: Transforms>(&mut self, transforms: T, nth: usize, rows: Rows) -> Rows {
        let block = &mut self.blocks[nth];
        let rows = match self.contents[nth] {
            Content::Empty => return rows,
            Content::Dc => transform::add_dc(block[0], rows),
            Content::Whole => transforms.one(block, rows),
        };
        *block = [0; 16];
        self.contents[nth] = Content::Empty;
        rows
    }

    /// Two blocks that lie side by side, unless both are empty; they are forgotten.
    #[inline(always)]
    fn taken(&mut self, pair: usize) -> Option<[Block; 2]> {
        let contents = &mut self.contents.as_chunks_mut::<2>().0[pair];
        if *contents == [Content::Empty; 2] {
            return None;
        }
        *contents = [Content::Empty; 2];
        Some(std::mem::take(&mut self.blocks.as_chunks_mut::<2>().0[pair]))
    }
}
