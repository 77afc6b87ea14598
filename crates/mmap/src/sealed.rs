//! The bytes of a sealed memfd as a slice: what comes in is any descriptor, what leaves is `&[u8]`, and what is not
//! sealed against every change is refused.
//!
//! No promise of a caller is needed here, because the kernel gives it: on a file with `F_SEAL_WRITE` nobody can write,
//! nobody has or will get a writable map, and with `F_SEAL_SHRINK` no page goes away under a reader. Seals are never
//! taken off again. Only files in memory have seals, so there is no device whose reading could fail.

use std::io;
use std::ops::Deref;
use std::os::fd::AsFd;

use memmap2::{Mmap, MmapOptions};
use rustix::fs::{SealFlags, fcntl_get_seals, fstat};

/// All bytes of a sealed file in memory, mapped read-only.
#[derive(Debug)]
pub struct SealedMap(Mmap);

impl SealedMap {
    /// Maps `file`, which must be sealed against writing and shrinking.
    ///
    /// # Errors
    /// `PermissionDenied` for a file that is not sealed so, or cannot be; `InvalidInput` for one without a byte or
    /// larger than the address space; whatever the system says.
    pub fn of(file: impl AsFd) -> io::Result<SealedMap> {
        let file = file.as_fd();
        // A file that knows no seals says `EINVAL`.
        let seals = fcntl_get_seals(file).map_err(|_| io::ErrorKind::PermissionDenied)?;
        if !seals.contains(SealFlags::WRITE | SealFlags::SHRINK) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let len = usize::try_from(fstat(file)?.st_size).map_err(|_| io::ErrorKind::InvalidInput)?;
        if len == 0 {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        // SAFETY: nobody can change or shorten the file: both seals were seen above, and no seal is ever taken off.
        // The length was read after that. (All pages at once: with their faults one by one a worker adds a quarter to a
        // third more to a job of 2.8 MB. A private map: kernels before 6.7 refuse a shared one of such a file.)
        let map = unsafe { MmapOptions::new().len(len).populate().map_copy_read_only(&file) }?;
        Ok(SealedMap(map))
    }
}

impl Deref for SealedMap {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
