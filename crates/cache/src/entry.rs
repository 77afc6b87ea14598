//! A picture of the cache, lent out: cheap to clone, readable from any thread, alive for as long as anybody has it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::buffer::AlignedBytes;
use crate::header::Header;
use crate::policy::Visits;
use crate::{Content, Shape, SourceId};

/// A picture of the cache. Clones share its bytes, which stay as they are after it is evicted or removed.
#[derive(Clone)]
pub struct Entry(Arc<Inner>);

struct Inner {
    header: Header,
    body: Body,
    /// The mark for the order of eviction on disk.
    on_disk: Arc<Visits>,
    /// The mark for the order in memory.
    in_memory: Arc<Visits>,
    storage: AtomicU8,
}

/// Where the bytes are.
pub(crate) enum Body {
    /// In memory of our own.
    Private(AlignedBytes),
    /// In a map of the file, header and all.
    #[cfg(all(feature = "mmap", target_os = "linux"))]
    Mapped(fic_mmap::Map, #[allow(dead_code, reason = "counts while it lives")] LiveMap),
}

impl Body {
    /// The payload that `header` describes.
    pub(crate) fn payload(&self, header: &Header) -> &[u8] {
        let len = usize::try_from(header.shape.payload_bytes()).unwrap_or(usize::MAX);
        let payload = match self {
            Body::Private(bytes) => bytes.as_slice().get(..len),
            #[cfg(all(feature = "mmap", target_os = "linux"))]
            Body::Mapped(map, _) => map.get(crate::header::HEADER_BYTES..).and_then(|rest| rest.get(..len)),
        };
        payload.unwrap_or_default()
    }
}

/// How it stands with an entry's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Storage {
    /// It has one, or had one before it was evicted.
    Stored,
    /// It has none and will not get one.
    MemoryOnly,
    /// It gets one when it is asked for again.
    OnceOnly,
    /// It was asked for again, and waits to be written.
    Queued,
}

impl Entry {
    pub(crate) fn new(header: Header, body: Body, on_disk: Arc<Visits>, storage: Storage) -> Entry {
        let storage = AtomicU8::new(storage as u8);
        Entry(Arc::new(Inner { header, body, on_disk, in_memory: Arc::default(), storage }))
    }

    /// Size and kind.
    pub fn shape(&self) -> &Shape {
        &self.0.header.shape
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.shape().width()
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.shape().height()
    }

    /// What [`Entry::payload`] holds.
    pub fn content(&self) -> Content {
        self.shape().content()
    }

    /// All bytes: a picture file, or rows each padded to a multiple of 64 bytes, which start at an address that is
    /// one too.
    pub fn payload(&self) -> &[u8] {
        self.0.body.payload(&self.0.header)
    }

    /// The rows of pixels, top first, without their padding; none where the entry holds encoded bytes.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        let (stride, row) = (self.shape().stride_bytes() as usize, self.shape().row_bytes());
        let pixels = if stride == 0 { &[] } else { self.payload() };
        pixels.chunks_exact(stride.max(1)).map(move |padded| padded.get(..row).unwrap_or_default())
    }

    /// Which source it was made from.
    pub fn source(&self) -> SourceId {
        self.0.header.source
    }

    /// When it was made.
    pub fn created(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_millis(self.0.header.created_ms))
            .unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Until when it is used, where that has an end.
    pub fn expires(&self) -> Option<SystemTime> {
        let expires = Some(self.0.header.expires_ms).filter(|&ms| ms != 0)?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(expires))
    }

    /// Whether the bytes are a map of the file, rather than memory of this process.
    pub fn is_mapped(&self) -> bool {
        match &self.0.body {
            Body::Private(_) => false,
            #[cfg(all(feature = "mmap", target_os = "linux"))]
            Body::Mapped(..) => true,
        }
    }

    pub(crate) fn header(&self) -> &Header {
        &self.0.header
    }

    pub(crate) fn digest(&self) -> &[u8; 32] {
        &self.0.header.digest
    }

    /// Leaves a mark for both orders of eviction.
    pub(crate) fn note_hit(&self) {
        self.0.on_disk.note();
        self.0.in_memory.note();
    }

    /// Whether it was asked for again since it came into memory, or since it was last passed over there.
    pub(crate) fn was_hit(&self) -> bool {
        self.0.in_memory.count() > 0
    }

    pub(crate) fn on_disk(&self) -> &Arc<Visits> {
        &self.0.on_disk
    }

    pub(crate) fn in_memory(&self) -> &Arc<Visits> {
        &self.0.in_memory
    }

    pub(crate) fn is_same(&self, other: &Entry) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn is_stored(&self) -> bool {
        self.0.storage.load(Ordering::Relaxed) == Storage::Stored as u8
    }

    pub(crate) fn set_storage(&self, storage: Storage) {
        self.0.storage.store(storage as u8, Ordering::Relaxed);
    }

    /// Whether this is the request that has it written: true once.
    pub(crate) fn is_asked_again(&self) -> bool {
        let (once, queued) = (Storage::OnceOnly as u8, Storage::Queued as u8);
        let storage = &self.0.storage;
        storage.load(Ordering::Relaxed) == once
            && storage.compare_exchange(once, queued, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl AsRef<[u8]> for Entry {
    fn as_ref(&self) -> &[u8] {
        self.payload()
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("shape", self.shape())
            .field("source", &self.source())
            .field("is_mapped", &self.is_mapped())
            .finish_non_exhaustive()
    }
}

/// How many maps live, and their bytes.
#[derive(Debug, Default)]
pub(crate) struct LiveMaps {
    count: AtomicU64,
    bytes: AtomicU64,
}

/// One of them.
#[cfg(all(feature = "mmap", target_os = "linux"))]
#[derive(Debug)]
pub(crate) struct LiveMap {
    all: Arc<LiveMaps>,
    bytes: u64,
}

impl LiveMaps {
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Counts one more; `None` where `at_most` live already.
    #[cfg(all(feature = "mmap", target_os = "linux"))]
    pub(crate) fn one_more(self: &Arc<LiveMaps>, bytes: u64, at_most: u64) -> Option<LiveMap> {
        let before = self.count.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let live = LiveMap { all: Arc::clone(self), bytes };
        (before < at_most).then_some(live)
    }
}

#[cfg(all(feature = "mmap", target_os = "linux"))]
impl Drop for LiveMap {
    fn drop(&mut self) {
        self.all.count.fetch_sub(1, Ordering::Relaxed);
        self.all.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
