//! A page that is executable from the start: what a worker tries in order to see it denied.

use std::{io, ptr};

/// Maps a page that may be run, and gives it back at once.
///
/// # Errors
/// What the system says; where a filter ends the process for it, this does not return.
pub fn map_executable_page() -> io::Result<()> {
    let (allowed, kind) = (libc::PROT_READ | libc::PROT_EXEC, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new page of no file, at an address of the kernel's choice: nothing that is mapped already changes.
    let page = unsafe { libc::mmap(ptr::null_mut(), PAGE, allowed, kind, -1, 0) };
    if page == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the page was mapped above with this length, and nobody else knows where it is.
    let answer = unsafe { libc::munmap(page, PAGE) };
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Bytes; the kernel rounds up where its pages are larger.
const PAGE: usize = 4096;

#[cfg(test)]
mod tests {
    #[test]
    fn a_process_that_nothing_confines_may_map_one() {
        assert!(super::map_executable_page().is_ok());
    }
}
