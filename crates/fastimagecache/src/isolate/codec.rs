//! Numbers in a row: each has its place, nothing is skipped, and what is left over is an error.

use fic_core::Reader;

/// Writes numbers, least significant byte first.
#[derive(Debug, Default)]
pub(super) struct Writing(pub(super) Vec<u8>);

impl Writing {
    pub(super) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// A number that may be missing.
    pub(super) fn maybe(&mut self, value: Option<u64>) {
        self.u8(u8::from(value.is_some()));
        self.u64(value.unwrap_or(0));
    }

    /// The place of `value` in `list`; 255 where it has none.
    pub(super) fn place<T: PartialEq>(&mut self, list: &[T], value: &T) {
        let at = list.iter().position(|other| other == value);
        self.u8(at.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX));
    }
}

/// Reads them; every read is checked.
pub(super) struct Reading<'a>(pub(super) Reader<'a>);

impl<'a> Reading<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Reading<'a> {
        Reading(Reader::new(bytes))
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.0.u8()
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.0.u32_le()
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.0.array().map(|bytes| u64::from_le_bytes(*bytes))
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        match self.u8()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub(super) fn maybe(&mut self) -> Option<Option<u64>> {
        let is_there = self.flag()?;
        let value = self.u64()?;
        Some(is_there.then_some(value))
    }

    pub(super) fn place<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        list.get(usize::from(self.u8()?)).copied()
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.0.rest()
    }

    /// `value`, where every byte was read.
    pub(super) fn end<T>(self, value: T) -> Option<T> {
        self.0.is_at_end().then_some(value)
    }
}
