//! iCCP: the ICC profile, inflated under a cap (PNG 11.3.2.3).
//!
//! In comes the data of the chunk: a name, a zero, method 0, a zlib stream. Out goes a profile of the length
//! that its own first four bytes declare. Refused: a broken name, another method, a broken or short stream,
//! a stream that makes next to nothing of its bytes, and a length over `max_icc_bytes`.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Budget, Error, Format, HeldBytes, Limit, Limits, Reader, Stage};
use miniz_oxide::inflate::stream::{InflateState, inflate as inflate_some};
use miniz_oxide::{DataFormat, MZFlush};

/// An ICC profile starts with a header of this length (ICC.1 7.2), its own length first.
const PROFILE_HEADER: usize = 128;
/// A name has at most 79 bytes (PNG 11.3.2.3).
const MAX_NAME: usize = 79;
/// Fed to the inflater at a time, so that a stream that makes nothing is noticed early.
const PIECE: usize = 4 << 10;

/// Heap bytes that [`inflate`] takes beside the profile, and gives back before a pixel is decoded.
pub(crate) fn inflater_bytes() -> u64 {
    u64::try_from(size_of::<InflateState>()).unwrap_or(u64::MAX)
}

/// Inflates the profile in the data of an iCCP chunk.
pub(crate) fn inflate(chunk: &[u8], limits: &Limits, budget: &Budget) -> Result<HeldBytes, Error> {
    let mut stream = Stream::new(zlib_stream(chunk)?, budget)?;
    let mut header = [0; PROFILE_HEADER];
    stream.fill(&mut header)?;
    let declared = Reader::new(&header).u32_be().unwrap_or(0);
    let length = usize::try_from(declared).unwrap_or(usize::MAX);
    if length < PROFILE_HEADER {
        return Err(malformed("ICC profile declares less than its header").found(declared.into()));
    }
    limits.check(Stage::Colour, Limit::MaxIccBytes, declared.into())?;
    let mut profile = HeldBytes::with_capacity(length, budget)?;
    profile.push(&header)?;
    let mut rest = length.saturating_sub(PROFILE_HEADER);
    let mut piece = [0; PIECE];
    while rest > 0 {
        let Some(wanted) = piece.get_mut(..rest.min(PIECE)) else { break };
        stream.fill(wanted)?;
        profile.push(wanted)?;
        rest = rest.saturating_sub(wanted.len());
    }
    Ok(profile)
}

/// What follows the name and the compression method.
fn zlib_stream(chunk: &[u8]) -> Result<&[u8], Error> {
    let name = chunk.iter().take(MAX_NAME.saturating_add(1)).position(|&byte| byte == 0);
    let Some(name) = name.filter(|&len| len > 0) else {
        return Err(malformed("iCCP has no profile name"));
    };
    let mut r = Reader::at(chunk, name.saturating_add(1));
    match r.u8() {
        Some(0) => Ok(r.rest()),
        Some(method) => Err(malformed("unknown compression method in iCCP").found(method.into())),
        None => Err(malformed("iCCP ends after its name")),
    }
}

/// A zlib stream that is inflated as far as it is asked for.
struct Stream<'a> {
    reader: Reader<'a>,
    state: Box<InflateState>,
    made: u64,
    budget: &'a Budget,
    _hold: fic_core::Hold,
}

impl<'a> Stream<'a> {
    fn new(compressed: &'a [u8], budget: &'a Budget) -> Result<Stream<'a>, Error> {
        let hold = budget.hold(inflater_bytes())?;
        let state = InflateState::new_boxed(DataFormat::Zlib);
        Ok(Stream { reader: Reader::new(compressed), state, made: 0, budget, _hold: hold })
    }

    /// Fills `out`, or fails.
    fn fill(&mut self, mut out: &mut [u8]) -> Result<(), Error> {
        while !out.is_empty() {
            self.budget.check(Stage::Colour)?;
            let rest = self.reader.rest();
            let input = rest.get(..PIECE).unwrap_or(rest);
            let step = inflate_some(&mut self.state, input, out, MZFlush::None);
            if step.status.is_err() {
                return Err(malformed("the compressed ICC profile is broken or cut short"));
            }
            if step.bytes_consumed == 0 && step.bytes_written == 0 {
                return Err(malformed("the compressed ICC profile is cut short"));
            }
            self.reader.skip(step.bytes_consumed);
            self.made = self.made.saturating_add(u64::try_from(step.bytes_written).unwrap_or(u64::MAX));
            let allowed = self.made.saturating_mul(2).saturating_add(16 << 10);
            if self.reader.offset() > allowed {
                return Err(malformed("the compressed ICC profile makes next to nothing of its bytes"));
            }
            out = out.get_mut(step.bytes_written..).unwrap_or_default();
        }
        Ok(())
    }
}

fn malformed(what: &'static str) -> Error {
    Error::malformed(Stage::Colour, Format::Png, what)
}
