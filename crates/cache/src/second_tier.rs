//! A cache beyond this machine, for encoded pictures only: 33 MB of decoded pixels take longer over a fast network
//! than decoding again.
//!
//! A value is an entry's header fields, their checksum, and the payload, so that whatever comes back is verified
//! as a file would be. What fails there costs a request nothing but the tier, which is then left alone for a
//! while.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use xxhash_rust::xxh3::xxh3_128;

use crate::header::Header;
use crate::{Config, Form, Key};

/// Keeps values by key for several machines. Bound the time that its calls may take: a request waits for them.
pub trait SecondTier: Send + Sync {
    /// The value under `key`, if there is one.
    ///
    /// # Errors
    /// Whatever keeps it from telling; the cache then makes the picture and leaves the tier alone for a while.
    fn get(&self, key: &[u8; 32]) -> io::Result<Option<Vec<u8>>>;

    /// Keeps `value` under `key`, for as long as it likes.
    ///
    /// # Errors
    /// Whatever keeps it from doing so.
    fn put(&self, key: &[u8; 32], value: &[u8]) -> io::Result<()>;
}

/// How long a tier that failed is left alone.
const PAUSE_MS: u64 = 5_000;
const FIELDS_BYTES: usize = 160;
const FRAME_BYTES: usize = FIELDS_BYTES + 16;

/// The tier of a cache, and whether it may be asked.
pub(crate) struct Tier {
    tier: Arc<dyn SecondTier>,
    ask_again_ms: AtomicU64,
}

impl Tier {
    pub(crate) fn of(config: &Config) -> Option<Tier> {
        let tier = Arc::clone(config.second_tier.as_ref()?);
        Some(Tier { tier, ask_again_ms: AtomicU64::new(0) })
    }

    /// The picture under `key`, verified.
    pub(crate) fn get(&self, key: &Key, config: &Config) -> io::Result<Option<(Header, Vec<u8>)>> {
        let now_ms = config.now_ms();
        if key.form() != Form::Encoded || !self.may_be_asked(now_ms) {
            return Ok(None);
        }
        let value = self.tier.get(key.digest()).inspect_err(|_| self.leave_alone(now_ms))?;
        let found = value.and_then(|value| from_value(value, key, config.max_entry_bytes, now_ms));
        Ok(found.and_then(|(mut header, payload)| {
            // Another machine's clock may be ahead; its time to live may be longer than ours.
            header.created_ms = header.created_ms.min(now_ms);
            let header = config.in_our_time(header);
            (!header.is_expired(now_ms)).then_some((header, payload))
        }))
    }

    /// Keeps the picture under `key`.
    pub(crate) fn put(&self, key: &Key, header: &Header, payload: &[u8], now_ms: u64) -> io::Result<()> {
        if key.form() != Form::Encoded || !self.may_be_asked(now_ms) {
            return Ok(());
        }
        let value = to_value(header, payload);
        self.tier.put(key.digest(), &value).inspect_err(|_| self.leave_alone(now_ms))
    }

    fn may_be_asked(&self, now_ms: u64) -> bool {
        now_ms >= self.ask_again_ms.load(Ordering::Relaxed)
    }

    fn leave_alone(&self, now_ms: u64) {
        self.ask_again_ms.store(now_ms.saturating_add(PAUSE_MS), Ordering::Relaxed);
    }
}

fn to_value(header: &Header, payload: &[u8]) -> Vec<u8> {
    let fields = header.to_fields();
    let mut value = Vec::with_capacity(FRAME_BYTES.saturating_add(payload.len()));
    value.extend_from_slice(&fields);
    value.extend_from_slice(&xxh3_128(&fields).to_le_bytes());
    value.extend_from_slice(payload);
    value
}

fn from_value(mut value: Vec<u8>, key: &Key, max_bytes: u64, now_ms: u64) -> Option<(Header, Vec<u8>)> {
    let (fields, rest) = value.split_first_chunk::<FIELDS_BYTES>()?;
    let (checksum, payload) = rest.split_first_chunk::<16>()?;
    if xxh3_128(fields).to_le_bytes() != *checksum {
        return None;
    }
    Header::check_kind(fields).ok()?;
    let header = Header::from_fields(fields).ok()?;
    let is_it = header.digest == *key.digest()
        && header.source == key.source()
        && header.shape.form() == Form::Encoded
        && header.shape.payload_bytes() == payload.len() as u64
        && header.shape.payload_bytes() <= max_bytes
        && !header.is_expired(now_ms)
        && xxh3_128(payload) == header.payload_checksum;
    is_it.then(|| {
        value.drain(..FRAME_BYTES);
        (header, value)
    })
}

#[cfg(test)]
mod tests {
    use fic_core::Format;

    use super::*;
    use crate::{Shape, SourceId};

    #[test]
    fn a_value_comes_back_whole_or_not_at_all() {
        let key = Key::new(Form::Encoded, 1, SourceId::named("a", "b"), &[0; 64]);
        let payload = [7; 100];
        let header = Header {
            digest: *key.digest(),
            source: key.source(),
            shape: Shape::encoded(3, 4, Format::Jpeg, 100).unwrap(),
            created_ms: 1,
            expires_ms: 50,
            payload_checksum: xxh3_128(&payload),
        };
        let value = to_value(&header, &payload);
        assert_eq!(from_value(value.clone(), &key, 100, 49), Some((header, payload.to_vec())));
        assert_eq!(from_value(value.clone(), &key, 100, 50), None, "expired");
        assert_eq!(from_value(value.clone(), &key, 99, 49), None, "too large");
        let other = Key::new(Form::Encoded, 2, SourceId::named("a", "b"), &[0; 64]);
        assert_eq!(from_value(value.clone(), &other, 100, 49), None, "another key's");
        for bit in 0..value.len() * 8 {
            let mut flipped = value.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(from_value(flipped, &key, 100, 49), None, "bit {bit}");
        }
        for len in 0..value.len() {
            assert_eq!(from_value(value[..len].to_vec(), &key, 100, 49), None, "{len} bytes");
        }
    }
}
