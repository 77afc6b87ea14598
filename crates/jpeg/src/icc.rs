//! The ICC profile (ICC.1, annex B.4): cut into APP2 segments that are numbered from 1.
//!
//! In come the segments' payloads; out goes the profile, put together in the order of the numbers. A
//! missing, repeated or zero number and counts that differ make the profile unusable, as for libjpeg.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Budget, Error, Format, HeldBytes, Limit, Limits, Stage};

use crate::marker;
use crate::segments::Segments;

/// The numbers that the segments carry.
#[derive(Clone, Debug, Default)]
pub(crate) struct IccSegments {
    /// Bytes of profile in all segments.
    pub(crate) bytes: u64,
    /// How many segments.
    pub(crate) segments: u64,
    /// One bit for each sequence number seen.
    seen: [u64; 4],
    count: Option<u8>,
    broken: Option<&'static str>,
}

const SIGNATURE: &[u8] = b"ICC_PROFILE\0";

/// Number, count and data of an ICC segment.
fn split(payload: &[u8]) -> Option<(u8, u8, &[u8])> {
    match payload.strip_prefix(SIGNATURE)? {
        [number, count, data @ ..] => Some((*number, *count, data)),
        _ => None,
    }
}

impl IccSegments {
    /// Takes in an APP2 payload; whether it was one of an ICC profile.
    pub(crate) fn take(&mut self, payload: &[u8]) -> bool {
        let Some((number, count, data)) = split(payload) else { return false };
        let bytes = u64::try_from(data.len()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(bytes);
        self.segments = self.segments.saturating_add(1);
        if number == 0 || number > count {
            self.broken = Some("ICC segment number is not 1 to the count");
        }
        if *self.count.get_or_insert(count) != count {
            self.broken = Some("ICC segments state different counts");
        }
        let bit = 1u64.checked_shl(u32::from(number & 63)).unwrap_or(0);
        if let Some(word) = self.seen.get_mut(usize::from(number >> 6)) {
            if *word & bit != 0 {
                self.broken = Some("two ICC segments have the same number");
            }
            *word |= bit;
        }
        true
    }

    /// The profile, put together; `None` where there is none.
    pub(crate) fn assemble(
        &self,
        input: &[u8],
        limits: &Limits,
        budget: &Budget,
    ) -> Result<Option<HeldBytes>, Error> {
        let Some(count) = self.count else { return Ok(None) };
        let refuse = |what| Err(Error::malformed(Stage::Colour, Format::Jpeg, what));
        if let Some(what) = self.broken {
            return refuse(what);
        }
        if self.segments != u64::from(count) {
            return refuse("ICC segments are missing");
        }
        limits.check(Stage::Colour, Limit::MaxIccBytes, self.bytes)?;
        // At most 255 segments: a table of their data on the stack puts them in order.
        let mut parts = [&[][..]; 256];
        for segment in Segments::new(input).take_while(|segment| segment.marker != marker::SOS) {
            if segment.marker != marker::APP2 {
                continue;
            }
            if let Some((number, _, data)) = split(segment.payload.of(input))
                && let Some(part) = parts.get_mut(usize::from(number))
            {
                *part = data;
            }
        }
        let room = usize::try_from(self.bytes).unwrap_or(usize::MAX);
        let mut profile = HeldBytes::with_capacity(room, budget)?;
        for part in parts {
            profile.push(part)?;
        }
        Ok(Some(profile))
    }
}
