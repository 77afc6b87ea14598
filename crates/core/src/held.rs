//! Bytes in memory, paid for: canonical streams, ICC profiles, encoded pictures.

use crate::{Budget, Error, Hold, Limit, Stage};

/// Owned bytes of a capacity that the budget granted; appending never goes past it.
#[derive(Debug)]
pub struct HeldBytes {
    data: Vec<u8>,
    hold: Hold,
}

impl HeldBytes {
    /// Room for `capacity` bytes, paid for from `budget` before it is allocated.
    ///
    /// # Errors
    /// `Limit` naming `max_heap_bytes`.
    pub fn with_capacity(capacity: usize, budget: &Budget) -> Result<HeldBytes, Error> {
        let hold = budget.hold(capacity as u64)?;
        Ok(HeldBytes { data: Vec::with_capacity(capacity), hold })
    }

    /// Appends `bytes`.
    ///
    /// # Errors
    /// `Limit` naming `max_heap_bytes` where they do not fit in the room that was paid for.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let wanted = (self.data.len() as u64).saturating_add(bytes.len() as u64);
        if wanted > self.hold.bytes() {
            return Err(Error::limit(Stage::Decode, Limit::MaxHeapBytes, self.hold.bytes(), wanted));
        }
        self.data.extend_from_slice(bytes);
        Ok(())
    }

    /// The bytes so far.
    pub fn as_slice(&self) -> &[u8] {
        &self.data
    }

    /// Gives the bytes away; what was held for them is given back to the budget.
    pub fn into_vec(self) -> Vec<u8> {
        self.data
    }
}

impl AsRef<[u8]> for HeldBytes {
    fn as_ref(&self) -> &[u8] {
        &self.data
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn never_grows_past_what_was_paid_for() {
        let budget = Budget::new(&Limits::untrusted());
        let mut bytes = HeldBytes::with_capacity(4, &budget).unwrap();
        bytes.push(b"abc").unwrap();
        assert!(bytes.push(b"de").is_err());
        assert_eq!((bytes.as_slice(), budget.held_bytes()), (&b"abc"[..], 4));
    }
}
