//! Going through every entry's file: to verify all, to remove those of one source, to delete what expired.

use std::fs::File;
use std::io;

use crate::Damage;
use crate::cache::Verified;
use crate::folder::{Facts, Opened, SHARDS};
use crate::header::Header;
use crate::source::Hex;
use crate::store::{Front, Store};

/// One file of the cache, as far as it could be read.
enum Seen {
    Damaged(Damage),
    Entry(Header, File, Facts),
}

impl Store {
    /// Removes the entries whose header `is_meant`, of whatever size; how many.
    fn remove_where(&self, is_meant: impl Fn(&Header) -> bool) -> io::Result<u64> {
        let mut removed = 0_u64;
        self.each(|digest, seen| {
            if matches!(&seen, Seen::Entry(header, ..) if is_meant(header)) && self.remove(digest) {
                removed = removed.saturating_add(1);
            }
        })?;
        Ok(removed)
    }

    /// The same for what must go: files that cannot be told to be entries go too, and what could not be read or deleted
    /// is an error, when all the rest is done.
    pub(crate) fn take_down(&self, is_meant: impl Fn(&Header) -> bool) -> io::Result<u64> {
        self.remove_each(|digest| match self.see(digest) {
            Ok(Some(Seen::Entry(header, ..))) => self.try_remove_if(is_meant(&header), digest),
            // It is nothing that could be served; but its bytes may be those that must go.
            Ok(Some(Seen::Damaged(damage))) if damage != Damage::ReadFailed => {
                self.counters.damaged(damage, digest);
                self.try_remove(digest).map(|_| false)
            }
            Ok(Some(Seen::Damaged(_))) => Err(io::Error::other("an entry cannot be read")),
            Ok(None) => Ok(false),
            Err(e) => Err(e),
        })
    }

    /// Removes every file, whatever it holds; how many.
    pub(crate) fn remove_all(&self) -> io::Result<u64> {
        self.remove_each(|digest| self.try_remove(digest))
    }

    fn try_remove_if(&self, is_meant: bool, digest: &[u8; 32]) -> io::Result<bool> {
        if is_meant { self.try_remove(digest) } else { Ok(false) }
    }

    /// Calls `remove` for each file; how often that removed one. What fails stops nothing, and is told at the end.
    fn remove_each(&self, remove: impl Fn(&[u8; 32]) -> io::Result<bool>) -> io::Result<u64> {
        let (mut removed, mut failed) = (0_u64, None);
        for shard in 0..SHARDS {
            let listed = self.folder.list(u8::try_from(shard).unwrap_or(0));
            let listed = listed.unwrap_or_else(|e| {
                failed.get_or_insert(e);
                Vec::new()
            });
            for file in listed {
                match remove(&file.digest) {
                    Ok(went) => removed = removed.saturating_add(u64::from(went)),
                    Err(e) => _ = failed.get_or_insert(e),
                }
            }
        }
        failed.map_or(Ok(removed), Err)
    }

    /// Deletes what is past its time.
    pub(crate) fn sweep(&self, now_ms: u64) -> io::Result<()> {
        let expired = self.remove_where(|header| header.is_expired(now_ms))?;
        self.counters.expired.add(expired);
        Ok(())
    }

    /// Reads every entry whole.
    pub(crate) fn verify(&self) -> io::Result<Verified> {
        let mut verified = Verified::default();
        let now_ms = self.config.now_ms();
        self.each(|digest, seen| {
            let whole = match seen {
                Seen::Entry(header, ..) if header.is_expired(now_ms) => {
                    self.counters.expired.one();
                    verified.expired = verified.expired.saturating_add(1);
                    self.remove(digest);
                    return;
                }
                Seen::Entry(header, file, facts) => self.check(&header, &file).map(|()| facts.disk_bytes),
                Seen::Damaged(damage) => Err(damage),
            };
            match whole {
                Ok(bytes) => {
                    verified.entries = verified.entries.saturating_add(1);
                    verified.bytes = verified.bytes.saturating_add(bytes);
                }
                Err(damage) => {
                    self.counters.damaged(damage, digest);
                    self.remove(digest);
                    verified.damaged.push((Hex(digest).to_string(), damage));
                }
            }
        })?;
        Ok(verified)
    }

    /// Whether the picture of that header is on disk, as far as can be seen: not where its file is gone, nor where the
    /// name is that of another picture, made since.
    pub(crate) fn may_hold(&self, header: &Header) -> bool {
        match self.see(&header.digest) {
            Ok(None | Some(Seen::Damaged(_))) => false,
            // Not its time: where two processes make the same, one has the file, and both have the picture.
            Ok(Some(Seen::Entry(found, ..))) => {
                (found.shape, found.payload_checksum) == (header.shape, header.payload_checksum)
            }
            Err(_) => true,
        }
    }

    /// What the file of that digest takes on disk, if it is a whole entry within its time; if not, it is deleted.
    pub(crate) fn whole_bytes(&self, digest: &[u8; 32]) -> Option<u64> {
        let whole = match self.see(digest).ok()?? {
            Seen::Entry(header, ..) if header.is_expired(self.config.now_ms()) => {
                self.counters.expired.one();
                self.remove(digest);
                return None;
            }
            Seen::Entry(header, file, facts) => self.check(&header, &file).map(|()| facts.disk_bytes),
            Seen::Damaged(damage) => Err(damage),
        };
        whole
            .inspect_err(|&damage| {
                self.counters.damaged(damage, digest);
                self.remove(digest);
            })
            .ok()
    }

    fn each(&self, mut see: impl FnMut(&[u8; 32], Seen)) -> io::Result<()> {
        for shard in 0..SHARDS {
            for listed in self.folder.list(u8::try_from(shard).unwrap_or(0))? {
                match self.see(&listed.digest) {
                    Ok(Some(seen)) => see(&listed.digest, seen),
                    // Gone meanwhile.
                    Ok(None) => {}
                    Err(_) => self.counters.io_errors.one(),
                }
            }
        }
        Ok(())
    }

    fn see(&self, digest: &[u8; 32]) -> io::Result<Option<Seen>> {
        Ok(match self.folder.open_entry(digest)? {
            Opened::Missing => None,
            Opened::Damaged(damage) => Some(Seen::Damaged(damage)),
            Opened::File(file, facts) => Some(match self.read_header(digest, &file, &facts) {
                Ok(Front::Fits(header) | Front::Larger(header)) => Seen::Entry(header, file, facts),
                Err(damage) => Seen::Damaged(damage),
            }),
        })
    }
}
