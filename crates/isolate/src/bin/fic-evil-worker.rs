//! A worker that does, on request, what a decoder that was taken over would do to itself. For tests.

#[cfg(target_os = "linux")]
fn main() {
    fic_isolate::worker::run_if_worker(|| linux::work);
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod linux {
    use std::io::{IoSlice, Write};
    use std::process::{Command, abort, exit};

    use fic_isolate::worker::Answer;
    use rustix::net::{SendAncillaryBuffer, SendFlags, sendmsg};
    use rustix::stdio::stdin;

    /// The first byte of the request says what.
    pub(crate) fn work(request: &[u8], input: &[u8], answer: &mut Answer) {
        match request.first() {
            Some(b'l') => loop {
                std::hint::spin_loop();
            },
            Some(b'm') => allocate(),
            Some(b'M') => drop(std::hint::black_box(vec![0_u8; 1 << 40])),
            Some(b'a') => abort(),
            Some(b'w') => write_without_end(answer),
            Some(b'f') => fork(),
            Some(b'g') => say(b"garbage"),
            Some(b'G') => say(&[0xff; 4096]),
            Some(b'L') => lie(),
            Some(b'x') => exit(7),
            Some(b's') => _ = std::hint::black_box(overflow(1)),
            Some(b'r') => answer.retire(),
            Some(b'n') => _ = answer.set_head(&[0; 4]),
            _ => echo(input, answer),
        }
    }

    /// The input backwards, its length in the head.
    fn echo(input: &[u8], answer: &mut Answer) {
        let backwards: Vec<u8> = input.iter().rev().copied().collect();
        let is_told = answer.set_head(&(input.len() as u64).to_le_bytes()).is_ok();
        if !is_told || answer.write_all(&backwards).is_err() {
            abort();
        }
    }

    fn allocate() {
        let mut taken: Vec<Vec<u8>> = Vec::new();
        loop {
            taken.push(vec![1; 1 << 20]);
        }
    }

    fn write_without_end(answer: &mut Answer) {
        let piece = [7; 1 << 16];
        while answer.write_all(&piece).is_ok() {}
        exit(9);
    }

    fn fork() {
        let child = Command::new("/bin/true").spawn();
        exit(if child.is_ok() { 10 } else { 11 });
    }

    /// Says that there is an output, where there is none.
    fn lie() {
        let mut packet = [0; 16];
        packet[8] = 100;
        say(&packet);
    }

    fn say(packet: &[u8]) {
        let mut no_descriptors = SendAncillaryBuffer::default();
        let _ = sendmsg(stdin(), &[IoSlice::new(packet)], &mut no_descriptors, SendFlags::NOSIGNAL);
    }

    #[allow(unconditional_recursion, reason = "what it is for")]
    fn overflow(n: u64) -> u64 {
        let page = std::hint::black_box([n; 512]);
        overflow(page[3] + 1) + page[5]
    }
}
