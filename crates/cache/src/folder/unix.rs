//! The folder by descriptor: `*at` calls, no links followed anywhere below the root, files that have no name until they
//! are whole.
//!
//! On Linux `openat2` sees to the links, in one call; where it is missing, and elsewhere, each folder on the way is opened
//! by itself. What is not an opening is done relative to the folder that the name is in.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{
    AtFlags, Dir, FileType, Mode, OFlags, RenameFlags, Stat, Timespec, Timestamps, UTIME_NOW, fstat,
    fstatvfs, mkdirat, openat, renameat_with, statat, unlinkat, utimensat,
};
#[cfg(target_os = "linux")]
use rustix::fs::{ResolveFlags, openat2};
use rustix::io::Errno;

use super::{Facts, Linked, Listed, Opened, digest_of_name, entry_path};
use crate::Damage;

/// An open cache folder.
#[derive(Debug)]
pub(crate) struct Folder {
    root: OwnedFd,
    owner: u32,
    /// Device and number of the root.
    identity: (u64, u64),
    /// Whether one call opens a path without following links.
    #[cfg(target_os = "linux")]
    has_openat2: bool,
    /// Whether open files have a path, by which one without a name gets one.
    #[cfg(target_os = "linux")]
    has_proc: bool,
    drafts: AtomicU64,
}

/// A file that is being written and has no entry's name yet. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    folder: &'a Folder,
    file: File,
    /// Its name below the root, where the file system has no files without one.
    temporary: Option<String>,
}

const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW);
#[cfg(target_os = "linux")]
const BENEATH: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_SYMLINKS);
const FOLDER_MODE: Mode = Mode::RWXU;
const ENTRY_MODE: Mode = Mode::RUSR;

impl Folder {
    /// Opens the folder at `root`, making it where it is missing. It must be ours and closed to others.
    pub(crate) fn open(root: &Path) -> io::Result<Folder> {
        DirBuilder::new().recursive(true).mode(0o700).create(root)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(root, flags, Mode::empty())?;
        let stat = fstat(&root)?;
        let owner = rustix::process::geteuid().as_raw();
        if stat.st_uid != owner || stat.st_mode & 0o077 != 0 {
            let what = "a cache folder must belong to the user that runs this, with mode 0700";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, what));
        }
        #[allow(clippy::unnecessary_cast, reason = "narrower or signed on some systems")]
        let identity = (stat.st_dev as u64, stat.st_ino as u64);
        Ok(Folder {
            owner,
            identity,
            #[cfg(target_os = "linux")]
            has_openat2: openat2(&root, ".", DIRECTORY, Mode::empty(), BENEATH).is_ok(),
            #[cfg(target_os = "linux")]
            has_proc: rustix::fs::stat(by_descriptor(&root)).is_ok(),
            root,
            drafts: AtomicU64::new(0),
        })
    }

    /// Device and number of the root.
    #[cfg_attr(
        not(all(feature = "mmap", target_os = "linux")),
        allow(dead_code, reason = "only maps ask for it")
    )]
    pub(crate) fn identity(&self) -> (u64, u64) {
        self.identity
    }

    /// Opens `path` below the root; a link on the way, or at its end, is `LOOP` or, where a folder should be, `NOTDIR`.
    fn open_at(&self, path: &str, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
        #[cfg(target_os = "linux")]
        if self.has_openat2 {
            return openat2(&self.root, path, flags, mode, BENEATH);
        }
        self.walk(path, flags, mode)
    }

    /// The same, folder by folder.
    fn walk(&self, path: &str, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
        let mut folder: Option<OwnedFd> = None;
        let mut rest = path;
        while let Some((name, below)) = rest.split_once('/') {
            let next = openat(folder.as_ref().unwrap_or(&self.root), name, DIRECTORY, Mode::empty())?;
            (folder, rest) = (Some(next), below);
        }
        openat(folder.as_ref().unwrap_or(&self.root), rest, flags, mode)
    }

    /// The folder that the last name of `path` is in, and that name.
    fn parent<'a>(&self, path: &'a str) -> Result<(OwnedFd, &'a str), Errno> {
        let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
        Ok((self.open_at(folder, DIRECTORY, Mode::empty())?, name))
    }

    /// Makes the folder `name` below the root, where it is missing.
    pub(crate) fn make(&self, name: &str) -> io::Result<()> {
        let (parent, last) = self.parent(name)?;
        match mkdirat(&parent, last, FOLDER_MODE) {
            Ok(()) => Ok(()),
            // It must be a folder, and no link to one.
            Err(Errno::EXIST) => Ok(_ = self.open_at(name, DIRECTORY, Mode::empty())?),
            Err(e) => Err(e.into()),
        }
    }

    /// Whether there is a folder of that name.
    pub(crate) fn has_folder(&self, name: &str) -> io::Result<bool> {
        match self.open_at(name, DIRECTORY, Mode::empty()) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::MLINK) => Ok(false),
            Err(e) => Err(e.into()),
        }
    }

    /// Whether there is nothing in it but these names.
    pub(crate) fn has_only(&self, names: &[&str]) -> io::Result<bool> {
        let mut there = Dir::read_from(&self.root)?;
        Ok(there.all(|entry| {
            entry.is_ok_and(|entry| {
                let name = entry.file_name().to_bytes();
                matches!(name, b"." | b"..") || names.iter().any(|allowed| allowed.as_bytes() == name)
            })
        }))
    }

    /// Deletes a small file of the cache's own.
    pub(crate) fn remove_small(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&self.root, name, AtFlags::empty())?)
    }

    /// A small file of the cache's own, read whole; `None` where it is missing.
    pub(crate) fn read_small(&self, name: &str, at_most: usize) -> io::Result<Option<Vec<u8>>> {
        let file = match self.open_at(name, read_only(), Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(e) => return Err(e.into()),
        };
        if FileType::from_raw_mode(fstat(&file)?.st_mode) != FileType::RegularFile {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut bytes = vec![0; at_most];
        let len = file.read_at(&mut bytes, 0)?;
        bytes.truncate(len);
        Ok(Some(bytes))
    }

    /// A file of the cache's own to lock, or to count in; made where it is missing.
    pub(crate) fn open_shared(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        Ok(self.open_at(name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// The entry of that digest.
    pub(crate) fn open_entry(&self, digest: &[u8; 32]) -> io::Result<Opened> {
        let file: File = match self.open_at(&entry_path(digest), read_only(), Mode::empty()) {
            Ok(file) => file.into(),
            Err(Errno::NOENT) => return Ok(Opened::Missing),
            Err(Errno::LOOP | Errno::MLINK) => return Ok(Opened::Damaged(Damage::SymbolicLink)),
            Err(Errno::NXIO | Errno::ISDIR | Errno::OPNOTSUPP) => {
                return Ok(Opened::Damaged(Damage::NotRegular));
            }
            Err(e) => return Err(e.into()),
        };
        let stat = fstat(&file)?;
        if stat.st_nlink == 0 {
            // Removed between our opening it and our looking at it.
            return Ok(Opened::Missing);
        }
        let facts = self.facts(&stat);
        Ok(match facts.damage {
            Some(damage) => Opened::Damaged(damage),
            None => Opened::File(file, facts),
        })
    }

    /// Whether the entry has a name, and what it takes.
    pub(crate) fn entry_facts(&self, digest: &[u8; 32]) -> io::Result<Option<Facts>> {
        let path = entry_path(digest);
        let stat =
            self.parent(&path).and_then(|(folder, name)| statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW));
        match stat {
            Ok(stat) => Ok(Some(self.facts(&stat))),
            Err(Errno::NOENT) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// Takes away the name of an entry, or whatever has that name; what it took on disk, `None` where there was
    /// nothing. Whoever has it open or mapped keeps its bytes.
    pub(crate) fn remove_entry(&self, digest: &[u8; 32]) -> io::Result<Option<u64>> {
        let path = entry_path(digest);
        let found = self.parent(&path).and_then(|(folder, name)| {
            let stat = statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
            Ok((folder, name, self.facts(&stat).disk_bytes))
        });
        let (folder, name, bytes) = match found {
            Ok(found) => found,
            Err(Errno::NOENT) => return Ok(None),
            Err(e) => return Err(e.into()),
        };
        match unlinkat(&folder, name, AtFlags::empty()) {
            Ok(()) => Ok(Some(bytes)),
            Err(Errno::NOENT) => Ok(None),
            Err(Errno::ISDIR | Errno::PERM) => {
                unlinkat(&folder, name, AtFlags::REMOVEDIR)?;
                Ok(Some(bytes))
            }
            Err(e) => Err(e.into()),
        }
    }

    /// All entries whose digest starts with `shard`. What has another name does not belong there and is deleted.
    pub(crate) fn list(&self, shard: u8) -> io::Result<Vec<Listed>> {
        let folder = match self.open_at(&format!("v1/{shard:02x}"), DIRECTORY, Mode::empty()) {
            Ok(folder) => folder,
            Err(Errno::NOENT) => return Ok(Vec::new()),
            Err(e) => return Err(e.into()),
        };
        let mut listed = Vec::new();
        for name in Dir::read_from(&folder)? {
            let name = name?;
            let name = name.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            match digest_of_name(name.to_bytes(), shard) {
                // A name may go away between the listing and the look at it.
                Some(digest) => match statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(stat) => listed.push(Listed { digest, facts: self.facts(&stat) }),
                    Err(Errno::NOENT) => {}
                    Err(e) => return Err(e.into()),
                },
                None => _ = unlinkat(&folder, name, AtFlags::empty()),
            }
        }
        Ok(listed)
    }

    /// Deletes what an interrupted writer left behind, where files need a name to be written. What cannot be deleted
    /// stays, and is in nobody's way.
    pub(crate) fn remove_drafts(&self) -> io::Result<()> {
        let folder = match self.open_at("tmp", DIRECTORY, Mode::empty()) {
            Ok(folder) => folder,
            Err(Errno::NOENT) => return Ok(()),
            Err(e) => return Err(e.into()),
        };
        for name in Dir::read_from(&folder)? {
            let name = name?;
            if !matches!(name.file_name().to_bytes(), b"." | b"..") {
                // Gone meanwhile, or a folder that somebody put there.
                let _ = unlinkat(&folder, name.file_name(), AtFlags::empty())
                    .or_else(|_| unlinkat(&folder, name.file_name(), AtFlags::REMOVEDIR));
            }
        }
        Ok(())
    }

    /// Remembers that the entry was used just now.
    pub(crate) fn touch(&self, digest: &[u8; 32]) -> io::Result<()> {
        let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
        let times = Timestamps { last_access: now, last_modification: now };
        let path = entry_path(digest);
        let touched = self
            .parent(&path)
            .and_then(|(folder, name)| utimensat(&folder, name, &times, AtFlags::SYMLINK_NOFOLLOW));
        match touched {
            // Evicted meanwhile.
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    /// Bytes of the file system that are left for us.
    pub(crate) fn free_bytes(&self) -> io::Result<u64> {
        let stat = fstatvfs(&self.root)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    /// A new file to be the entry of that digest, or a small file of the cache's own (`None`).
    pub(crate) fn draft(&self, digest: Option<&[u8; 32]>) -> io::Result<Draft<'_>> {
        #[cfg(target_os = "linux")]
        if self.has_proc {
            let folder = digest.map_or_else(|| ".".to_owned(), |[shard, ..]| format!("v1/{shard:02x}"));
            let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW;
            match self.open_at(&folder, flags, ENTRY_MODE) {
                Ok(file) => return Ok(Draft { folder: self, file: file.into(), temporary: None }),
                Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOSYS) => {}
                Err(e) => return Err(e.into()),
            }
        }
        #[cfg(not(target_os = "linux"))]
        let _ = digest;
        self.named_draft()
    }

    /// The same with a name of its own, where there are no files without one.
    pub(crate) fn named_draft(&self) -> io::Result<Draft<'_>> {
        self.make("tmp")?;
        loop {
            let number = self.drafts.fetch_add(1, Ordering::Relaxed);
            let temporary = format!("tmp/{}-{number}", std::process::id());
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
            match self.open_at(&temporary, flags, ENTRY_MODE) {
                Ok(file) => return Ok(Draft { folder: self, file: file.into(), temporary: Some(temporary) }),
                Err(Errno::EXIST) => {}
                Err(e) => return Err(e.into()),
            }
        }
    }

    /// Makes the names in the entries' folder of that digest last through a loss of power.
    pub(crate) fn sync_names(&self, digest: &[u8; 32]) -> io::Result<()> {
        let [shard, ..] = digest;
        let folder = self.open_at(&format!("v1/{shard:02x}"), DIRECTORY, Mode::empty())?;
        Ok(rustix::fs::fsync(folder)?)
    }

    fn facts(&self, stat: &Stat) -> Facts {
        let damage = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Symlink => Some(Damage::SymbolicLink),
            FileType::RegularFile if stat.st_uid != self.owner => Some(Damage::WrongOwner),
            FileType::RegularFile if stat.st_mode & 0o222 != 0 => Some(Damage::Writable),
            FileType::RegularFile if stat.st_nlink > 1 => Some(Damage::MoreLinks),
            FileType::RegularFile => None,
            _ => Some(Damage::NotRegular),
        };
        let len = u64::try_from(stat.st_size).unwrap_or(0);
        Facts {
            len,
            // Some file systems know of no blocks before they have written them, or compress: then the length counts.
            disk_bytes: u64::try_from(stat.st_blocks).unwrap_or(0).saturating_mul(512).max(len),
            #[allow(clippy::unnecessary_cast, reason = "narrower on some systems")]
            used_secs: stat.st_mtime as i64,
            damage,
        }
    }
}

/// `NONBLOCK`: opening a FIFO that somebody put there must not wait for a writer.
fn read_only() -> OFlags {
    OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY
}

impl Draft<'_> {
    /// Writes `bytes` at `offset`.
    pub(crate) fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    /// Sets the length; what was not written is zeros.
    pub(crate) fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    /// Makes the bytes last through a loss of power.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// What it takes on disk.
    pub(crate) fn disk_bytes(&self) -> io::Result<u64> {
        Ok(self.folder.facts(&fstat(&self.file)?).disk_bytes)
    }

    /// Gives up the descriptor that can write, for one that can only read.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        let file = match &self.temporary {
            Some(name) => self.folder.open_at(name, read_only(), Mode::empty())?,
            None => {
                rustix::fs::open(by_descriptor(&self.file), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?
            }
        };
        self.file = file.into();
        Ok(())
    }

    /// Gives it the name of an entry, unless somebody else has it: the moment from which it is one.
    pub(crate) fn link_entry(mut self, digest: &[u8; 32]) -> io::Result<(Linked, File)> {
        // Before it has the name: what fails after that must not look as if it had none.
        let file = self.file.try_clone()?;
        Ok((self.link(&entry_path(digest))?, file))
    }

    /// Gives it the name of a small file of the cache's own.
    pub(crate) fn link_small(mut self, name: &str) -> io::Result<Linked> {
        self.link(name)
    }

    fn link(&mut self, to: &str) -> io::Result<Linked> {
        let (folder, name) = self.folder.parent(to)?;
        let linked = match &self.temporary {
            Some(from) => {
                let (tmp, from) = self.folder.parent(from)?;
                renameat_with(&tmp, from, &folder, name, RenameFlags::NOREPLACE)
            }
            None => {
                let from = by_descriptor(&self.file);
                rustix::fs::linkat(rustix::fs::CWD, from, &folder, name, AtFlags::SYMLINK_FOLLOW)
            }
        };
        match linked {
            Ok(()) => {
                self.temporary = None;
                Ok(Linked::New)
            }
            Err(Errno::EXIST) => Ok(Linked::AlreadyThere),
            Err(e) => Err(e.into()),
        }
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if let Some(name) = &self.temporary {
            // Where that fails the next open of the cache deletes it.
            let _ =
                self.folder.parent(name).and_then(|(folder, name)| unlinkat(&folder, name, AtFlags::empty()));
        }
    }
}

fn by_descriptor(file: &impl AsRawFd) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

/// Fills `buffer` from `offset` on.
pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    file.read_exact_at(buffer, offset)
}

/// Writes all of `bytes` at `offset`.
pub(crate) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    file.write_all_at(bytes, offset)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A folder with an entry, and a file outside of it of the name of another.
    fn scene() -> (tempfile::TempDir, Folder) {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("root");
        let folder = Folder::open(&root).unwrap();
        folder.make("v1").unwrap();
        folder.make("v1/07").unwrap();
        let outside = place.path().join("outside");
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join(crate::source::Hex(&[8; 32]).to_string()), b"mine").unwrap();
        std::fs::write(outside.join("stray"), b"mine").unwrap();
        std::os::unix::fs::symlink(&outside, root.join("v1/08")).unwrap();
        std::os::unix::fs::symlink(&outside, root.join("tmp")).unwrap();
        (place, folder)
    }

    #[test]
    fn a_link_in_the_place_of_a_folder_is_never_followed() {
        for one_call in [true, false] {
            let (place, mut folder) = scene();
            #[cfg(target_os = "linux")]
            {
                folder.has_openat2 &= one_call;
            }
            assert!(!matches!(folder.open_entry(&[8; 32]), Ok(Opened::File(..))), "{one_call}");
            assert!(folder.entry_facts(&[8; 32]).is_err() && folder.remove_entry(&[8; 32]).is_err());
            assert!(folder.list(8).is_err() && folder.touch(&[8; 32]).is_err());
            assert!(folder.make("v1/08").is_err() && folder.make("v1/07").is_ok());
            assert!(folder.draft(Some(&[8; 32])).is_err() && folder.named_draft().is_err());
            assert!(folder.remove_drafts().is_err() && folder.sync_names(&[8; 32]).is_err());
            let draft = folder.draft(Some(&[7; 32])).unwrap();
            assert!(draft.link_entry(&[8; 32]).is_err());
            assert!(!folder.has_folder("v1/08").unwrap() && folder.has_folder("v1/07").unwrap());
            let left = std::fs::read_dir(place.path().join("outside")).unwrap().count();
            assert_eq!(left, 2, "{one_call}");
        }
    }

    #[test]
    fn what_takes_no_blocks_yet_counts_by_its_length() {
        let (_place, folder) = scene();
        let draft = folder.draft(Some(&[7; 32])).unwrap();
        draft.set_len(1 << 20).unwrap();
        assert_eq!(draft.disk_bytes().unwrap(), 1 << 20);
    }

    /// Where files cannot be without a name, they have one in `tmp` until they are whole.
    #[test]
    fn a_draft_with_a_name_becomes_an_entry_or_goes_and_never_replaces_one() {
        let place = tempfile::tempdir().unwrap();
        std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let folder = Folder::open(place.path()).unwrap();
        folder.make("v1").unwrap();
        folder.make("v1/07").unwrap();
        let left = || std::fs::read_dir(place.path().join("tmp")).unwrap().count();
        for (bytes, expected) in [(b"one", Linked::New), (b"two", Linked::AlreadyThere)] {
            let mut draft = folder.named_draft().unwrap();
            draft.write_at(bytes, 0).unwrap();
            draft.finish().unwrap();
            assert!(write_all_at(&draft.file, b"x", 0).is_err(), "it can only be read now");
            assert_eq!(left(), 1);
            let (linked, _file) = draft.link_entry(&[7; 32]).unwrap();
            assert_eq!((linked, left()), (expected, 0));
        }
        drop(folder.named_draft().unwrap());
        assert_eq!(left(), 0);
        let Opened::File(file, facts) = folder.open_entry(&[7; 32]).unwrap() else { panic!("an entry") };
        let mut bytes = [0; 3];
        read_exact_at(&file, &mut bytes, 0).unwrap();
        assert_eq!((&bytes, facts.len), (b"one", 3));
        std::mem::forget(folder.named_draft().unwrap());
        std::fs::create_dir(place.path().join("tmp/folder")).unwrap();
        folder.remove_drafts().unwrap();
        assert_eq!(left(), 0, "what a killed process left behind");
    }
}
