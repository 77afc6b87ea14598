//! Files in memory by which bytes go from one process to another.
//!
//! A worker's output is filled once, sealed, and then read by who did not fill it: what is not sealed against writing,
//! shrinking and growing is refused, because its bytes could change between a check and a use. An input comes in such a
//! file too, or in one that is used again, out of which it is copied before a byte of it is looked at.

use std::ffi::CStr;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, memfd_create};
use rustix::io::{Errno, pread, pwrite};

use crate::channel::retried;

/// What a finished file is sealed with; the last one keeps the others from being added to.
const SEALS: SealFlags =
    SealFlags::WRITE.union(SealFlags::SHRINK).union(SealFlags::GROW).union(SealFlags::SEAL);

/// A new file in memory, which cannot be executed where the kernel knows how to see to that (6.3).
pub(crate) fn create(name: &CStr) -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    match memfd_create(name, flags | MemfdFlags::NOEXEC_SEAL) {
        Err(Errno::INVAL) => Ok(memfd_create(name, flags)?),
        made => Ok(made?),
    }
}

/// A file in memory for one input after the other: its pages are there already when the next one comes.
#[derive(Debug, Default)]
pub(crate) struct Reused(Option<OwnedFd>);

impl Reused {
    /// The most bytes that are kept for the next input.
    const KEPT: usize = 8 << 20;

    /// The file, with `bytes` at its start.
    pub(crate) fn holding(&mut self, bytes: &[u8]) -> io::Result<BorrowedFd<'_>> {
        let file = match self.0.take() {
            Some(file) => file,
            None => create(c"fastimagecache-input")?,
        };
        let mut filling = Filling::over(file);
        filling.write_all(bytes)?;
        let file: &OwnedFd = self.0.insert(filling.file);
        Ok(file.as_fd())
    }

    /// Gives back what an unusually long input took.
    pub(crate) fn done_with(&mut self, len: usize) {
        if len > Reused::KEPT {
            self.0 = None;
        }
    }
}

/// Reads the first bytes of `file` until `into` is full.
pub(crate) fn read_start(file: impl AsFd, into: &mut [u8]) -> io::Result<()> {
    read_exact_at(file.as_fd(), into, 0)
}

fn read_exact_at(file: BorrowedFd<'_>, mut into: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !into.is_empty() {
        let read = retried(|| pread(file, &mut *into, offset))?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        offset = offset.saturating_add(read as u64);
        into = into.get_mut(read..).unwrap_or_default();
    }
    Ok(())
}

/// A file in memory that is being filled.
#[derive(Debug)]
pub struct Filling {
    file: OwnedFd,
    len: u64,
}

impl Filling {
    /// An empty one.
    ///
    /// # Errors
    /// What the system says, as where a process has too many descriptors.
    pub fn new() -> io::Result<Filling> {
        Ok(Filling { file: create(c"fastimagecache-input")?, len: 0 })
    }

    pub(crate) fn over(file: OwnedFd) -> Filling {
        Filling { file, len: 0 }
    }

    /// Bytes so far.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is no byte yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Ends the filling: nobody can change the bytes from here on.
    ///
    /// # Errors
    /// What the system says.
    pub fn seal(self) -> io::Result<SealedFile> {
        fcntl_add_seals(&self.file, SEALS)?;
        Ok(SealedFile { file: self.file, len: self.len })
    }
}

impl Write for Filling {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = retried(|| pwrite(&self.file, bytes, self.len))?;
        self.len = self.len.saturating_add(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file in memory whose bytes nobody can change.
#[derive(Debug)]
pub struct SealedFile {
    file: OwnedFd,
    len: u64,
}

impl SealedFile {
    /// A sealed copy of `bytes`.
    ///
    /// # Errors
    /// What the system says.
    pub fn of(bytes: &[u8]) -> io::Result<SealedFile> {
        let mut filling = Filling::new()?;
        filling.write_all(bytes)?;
        filling.seal()
    }

    /// Takes over `file`, where it is sealed against every change.
    pub(crate) fn checked(file: OwnedFd) -> io::Result<SealedFile> {
        if !fcntl_get_seals(&file)?.contains(SEALS) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let len = u64::try_from(fstat(&file)?.st_size).map_err(|_| io::ErrorKind::InvalidData)?;
        Ok(SealedFile { file, len })
    }

    /// Its bytes' number.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether it has no byte.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Reads from `offset` on until `into` is full.
    ///
    /// # Errors
    /// `UnexpectedEof` past the end; what the system says.
    pub fn read_exact_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        read_exact_at(self.file.as_fd(), into, offset)
    }

    /// All bytes, in memory of their own. The caller has seen to it that there may be so many.
    ///
    /// # Errors
    /// What the system says.
    pub fn to_vec(&self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(self.len).map_err(|_| io::ErrorKind::OutOfMemory)?];
        self.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }

    /// All bytes without copying.
    ///
    /// # Errors
    /// `InvalidInput` where there is none; what the system says.
    #[cfg(feature = "mmap")]
    pub fn map(&self) -> io::Result<fic_mmap::SealedMap> {
        fic_mmap::SealedMap::of(&self.file)
    }
}

impl AsFd for SealedFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_stays_and_what_was_not_is_refused() {
        let sealed = SealedFile::of(b"some bytes").unwrap();
        assert!(pwrite(&sealed, b"x", 0).is_err());
        assert!(rustix::fs::ftruncate(&sealed, 100).is_err());
        assert_eq!(sealed.to_vec().unwrap(), b"some bytes");
        let open = create(c"test").unwrap();
        assert!(SealedFile::checked(open).is_err());
        let mut room = [0; 4];
        sealed.read_exact_at(&mut room, 5).unwrap();
        assert_eq!(&room, b"byte");
        assert!(sealed.read_exact_at(&mut room, 8).is_err());
    }

    #[test]
    fn a_file_that_is_used_again_holds_the_next_input_from_its_start() {
        let mut reused = Reused::default();
        let mut room = [0; 3];
        read_start(reused.holding(b"the first").unwrap(), &mut room).unwrap();
        assert_eq!(&room, b"the");
        reused.done_with(9);
        read_start(reused.holding(b"one").unwrap(), &mut room).unwrap();
        assert_eq!(&room, b"one");
        let long = vec![7; Reused::KEPT + 1];
        read_start(reused.holding(&long).unwrap(), &mut room).unwrap();
        assert_eq!(room, [7; 3]);
        reused.done_with(long.len());
        assert!(reused.0.is_none());
    }
}
