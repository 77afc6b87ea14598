//! Descriptors that a process was started with: marked so that they do not outlive its next `exec`.

use std::io;
use std::os::fd::RawFd;

/// `CLOSE_RANGE_CLOEXEC`, Linux 5.11.
const CLOSE_ON_EXEC: libc::c_uint = 1 << 2;

/// Has every descriptor from `first` on closed by the next `exec` of this process.
///
/// Nothing is closed now, and nothing that anybody in this process holds stops working: that is why this function
/// is safe to call, where closing what others own would not be.
///
/// # Errors
/// What the system says: `ENOSYS` or `EINVAL` before Linux 5.11.
pub fn close_on_exec_from(first: RawFd) -> io::Result<()> {
    let first = libc::c_uint::try_from(first).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: the call takes three numbers and touches no memory; with this flag it closes no descriptor.
    let answer = unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, CLOSE_ON_EXEC) };
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
