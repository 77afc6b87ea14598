//! A file's bytes as a slice, without copying: what comes in is an open file that nobody changes, what leaves is
//! `&[u8]` that lives as long as the map. The only crate of the stack with `unsafe` code; without its features,
//! and off Linux, it is empty.
//!
//! - `map`: files of the cache, under the contract below (`Map`).
//! - `sealed`: files in memory that the kernel lets nobody change; no contract is needed.
//! - `worker`: two other calls that safe Rust has no words for. Descriptors that a worker process was started with do not
//!   outlive its `exec`; and a worker tries to map memory that may be run, to see that it cannot.
//!
//! # The contract
//!
//! A `&[u8]` promises that its bytes do not change while it lives and can be read. The kernel promises neither for
//! a map of a file: whoever writes the file changes the slice (which is undefined behaviour in Rust), whoever
//! truncates it turns the next read beyond its end into SIGBUS (which ends the process). `MAP_PRIVATE` is no
//! help: pages that were not written through the map still show the file. So no safe function can map a path that
//! it does not own, and a check before mapping proves nothing about later.
//!
//! [`ExclusiveDir`] is the proof that somebody took this on, for one directory: it holds that directory open, cannot be
//! copied, and tells whether it is about a directory. Whoever makes one asserts, for that directory and for as long as any
//! [`Map`] of a file in it lives:
//!
//! 1. Every program that may open a file there for writing follows the protocol of the cache: bytes are
//!    written to a file that has no name yet; the descriptor that can write is closed; then the file gets its
//!    name. From that moment on the file is never written, truncated, punched or extended by anyone.
//! 2. Files disappear only by `unlink`, which leaves the bytes in place for whoever has them mapped.
//! 3. The file system is local and keeps what it stores: no network mount, no medium that may be pulled. An
//!    input error of the device while a page is read is SIGBUS too.
//! 4. Whoever gets the proof maps finished files of that directory with it, and no others. `fic-cache` does, and gives it
//!    to nobody.
//!
//! What stands behind 1 in practice is a directory of mode 0700 of a user account that nothing else runs as. Root
//! and that account itself can always break it; then the slice may change under its reader, or the process may
//! end with SIGBUS. Checksums are verified before an entry is lent out and do not protect against changes after.

#![cfg_attr(
    not(all(any(feature = "worker", feature = "map", feature = "sealed"), target_os = "linux")),
    forbid(unsafe_code)
)]

#[cfg(all(feature = "worker", target_os = "linux"))]
mod executable;
#[cfg(all(feature = "worker", target_os = "linux"))]
mod inherited;
#[cfg(all(feature = "sealed", target_os = "linux"))]
mod sealed;

#[cfg(all(feature = "worker", target_os = "linux"))]
pub use executable::map_executable_page;
#[cfg(all(feature = "worker", target_os = "linux"))]
pub use inherited::close_on_exec_from;
#[cfg(all(feature = "map", target_os = "linux"))]
pub use linux::{ExclusiveDir, Map};
#[cfg(all(feature = "sealed", target_os = "linux"))]
pub use sealed::SealedMap;

#[cfg(all(feature = "map", target_os = "linux"))]
mod linux {
    use std::fs::File;
    use std::io;
    use std::ops::Deref;
    use std::os::linux::fs::MetadataExt;

    use memmap2::{Mmap, MmapOptions};

    /// The proof that files of one directory are never changed once they have a name. See the
    /// [contract](crate).
    #[derive(Debug)]
    pub struct ExclusiveDir {
        identity: (u64, u64),
        /// While it is open no other directory gets its number.
        _open: File,
    }

    impl ExclusiveDir {
        /// Takes on the contract for the open directory `dir`.
        ///
        /// # Errors
        /// `NotADirectory` where it is none; whatever the system says to looking at it.
        ///
        /// # Safety
        /// All four points of the [contract](crate) must hold for that directory, until the last [`Map`] made with
        /// this value is dropped.
        pub unsafe fn assert(dir: &File) -> io::Result<ExclusiveDir> {
            let (open, at) = (dir.try_clone()?, dir.metadata()?);
            match at.is_dir() {
                true => Ok(ExclusiveDir { identity: (at.st_dev(), at.st_ino()), _open: open }),
                false => Err(io::ErrorKind::NotADirectory.into()),
            }
        }

        /// Whether it is about the directory of that device and number.
        pub fn is_of(&self, identity: (u64, u64)) -> bool {
            self.identity == identity
        }
    }

    /// The first bytes of a file, mapped read-only. They stay readable after the file is unlinked.
    #[derive(Debug)]
    pub struct Map(Mmap);

    impl Map {
        /// Maps the first `len` bytes of `file`, a finished file of the directory that `exclusive` is about.
        ///
        /// # Errors
        /// `UnexpectedEof` where the file is shorter than `len` (a page beyond the end of a file is SIGBUS);
        /// `InvalidInput` for zero bytes; whatever the system says, as where a process has too many maps.
        pub fn of(_exclusive: &ExclusiveDir, file: &File, len: usize) -> io::Result<Map> {
            if len == 0 {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            if file.metadata()?.len() < len as u64 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            // SAFETY: the file is one of the directory (point 4 of the contract) and its bytes never change while the map
            // lives (point 1), both of which the caller of `ExclusiveDir::assert` took on. For the same reason the file
            // is still as long as was just seen.
            let map = unsafe { MmapOptions::new().len(len).map(file) }?;
            Ok(Map(map))
        }
    }

    impl Deref for Map {
        type Target = [u8];

        fn deref(&self) -> &[u8] {
            &self.0
        }
    }
}
