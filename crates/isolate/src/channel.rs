//! Messages between parent and worker: one packet each way, with descriptors from the parent only.
//!
//! A packet is whole or it is refused. The parent gives the kernel no room for descriptors, so that none that a
//! worker sends arrives.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recv, recvmsg, sendmsg, socketpair,
};

/// Bytes of the largest packet.
pub(crate) const PACKET: usize = 4096;

/// Two ends: packets keep their borders, and an end sees when the other is gone.
pub(crate) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?)
}

/// Sends one packet with up to two descriptors.
pub(crate) fn send(socket: impl AsFd, parts: &[IoSlice<'_>], fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut control = SendAncillaryBuffer::new(&mut room);
    if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let wanted: usize = parts.iter().map(|part| part.len()).sum();
    let sent = retried(|| sendmsg(&socket, parts, &mut control, SendFlags::NOSIGNAL))?;
    if sent == wanted { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Receives one packet, without descriptors; `None` where the other end is gone.
pub(crate) fn receive(socket: impl AsFd, room: &mut [u8]) -> io::Result<Option<&[u8]>> {
    let (_, length) = retried(|| recv(&socket, &mut *room, RecvFlags::TRUNC))?;
    match room.get(..length) {
        Some([]) => Ok(None),
        Some(packet) => Ok(Some(packet)),
        None => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Receives one packet and its descriptors; `None` where the other end is gone.
pub(crate) fn receive_with_descriptors(
    socket: impl AsFd,
    room: &mut [u8],
) -> io::Result<Option<(&[u8], Vec<OwnedFd>)>> {
    let mut control_room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut control = RecvAncillaryBuffer::new(&mut control_room);
    let message = {
        let mut parts = [IoSliceMut::new(room)];
        retried(|| recvmsg(&socket, &mut parts, &mut control, RecvFlags::CMSG_CLOEXEC))?
    };
    let mut fds = Vec::with_capacity(2);
    for part in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = part {
            fds.extend(received);
        }
    }
    if message.flags.intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    match room.get(..message.bytes) {
        None | Some([]) => Ok(None),
        Some(packet) => Ok(Some((packet, fds))),
    }
}

/// `call`, again where a signal came between.
pub(crate) fn retried<T>(mut call: impl FnMut() -> rustix::io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(rustix::io::Errno::INTR) => {}
            done => return Ok(done?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_that_is_too_long_is_refused_and_an_end_that_is_gone_is_seen() {
        let (here, there) = pair().unwrap();
        send(&there, &[IoSlice::new(&[7; 100])], &[]).unwrap();
        assert_eq!(receive(&here, &mut [0; 50]).unwrap_err().kind(), io::ErrorKind::InvalidData);
        send(&there, &[IoSlice::new(&[7; 30]), IoSlice::new(&[8; 2])], &[]).unwrap();
        assert_eq!(receive(&here, &mut [0; 50]).unwrap().unwrap().len(), 32);
        drop(there);
        assert!(receive(&here, &mut [0; 50]).unwrap().is_none());
        assert!(send(&here, &[IoSlice::new(&[1])], &[]).is_err());
    }

    #[test]
    fn descriptors_arrive_where_they_are_wanted_and_nowhere_else() {
        let (here, there) = pair().unwrap();
        let file = crate::memfd::create(c"test").unwrap();
        send(&there, &[IoSlice::new(&[1])], &[file.as_fd(), file.as_fd()]).unwrap();
        let mut room = [0; 8];
        let (_, fds) = receive_with_descriptors(&here, &mut room).unwrap().unwrap();
        assert_eq!(fds.len(), 2);
        send(&there, &[IoSlice::new(&[1])], &[file.as_fd()]).unwrap();
        assert_eq!(receive(&here, &mut room).unwrap(), Some(&[1][..]));
    }
}
