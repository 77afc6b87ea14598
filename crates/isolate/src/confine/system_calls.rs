//! The system calls that a worker may make. Everything else ends it with SIGSYS.
//!
//! The list is what the decoders, the allocator and the standard library's exits make, found by running the corpus,
//! panics, aborts and failed allocations through workers; each has its reason. What is not here cannot be reached by any
//! code in the worker, its own or an attacker's: there is no way to open, create, connect, start, trace, signal
//! another, or make memory executable.

use std::collections::BTreeMap;
use std::io;

use libc::{
    CLONE_THREAD, CLONE_VM, F_ADD_SEALS, F_GET_SEALS, F_GETFD, PROT_EXEC, SYS_brk, SYS_clock_gettime,
    SYS_clone, SYS_clone3, SYS_close, SYS_exit, SYS_exit_group, SYS_fcntl, SYS_fstat, SYS_futex, SYS_getpid,
    SYS_getrandom, SYS_gettid, SYS_madvise, SYS_mmap, SYS_mprotect, SYS_mremap, SYS_munmap, SYS_pread64,
    SYS_pwrite64, SYS_recvmsg, SYS_restart_syscall, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
    SYS_sched_yield, SYS_sendmsg, SYS_sigaltstack, SYS_tgkill, SYS_write,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// Puts the filters in force for this thread, the only one, and sees whether they are.
pub(super) fn allow_only_listed() -> io::Result<()> {
    let listed = compiled(allowed()?, SeccompAction::KillProcess, SeccompAction::Allow)?;
    let no_threads = compiled(
        BTreeMap::from([(SYS_clone, vec![thread_clone()?])]),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM.unsigned_abs()),
    )?;
    // Its flags lie in memory, where a filter cannot look: the caller falls back to `clone`, whose flags it can see.
    let no_clone3 = compiled(
        BTreeMap::from([(SYS_clone3, vec![])]),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::ENOSYS.unsigned_abs()),
    )?;
    for filter in [&no_threads, &no_clone3, &listed] {
        seccompiler::apply_filter(filter).map_err(io::Error::other)?;
    }
    // The strictest answer of all filters counts: a thread is refused, and nobody ends for having asked.
    match std::thread::Builder::new().stack_size(64 << 10).spawn(|| ()) {
        Err(refused) if refused.raw_os_error() == Some(libc::EPERM) => Ok(()),
        _ => Err(io::ErrorKind::PermissionDenied.into()),
    }
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn allowed() -> io::Result<Rules> {
    let not_executable = || masked(2, PROT_EXEC.unsigned_abs().into(), 0);
    let me = u64::from(std::process::id());
    let mut rules: Rules = BTreeMap::new();
    let always = [
        // The channel: a job comes in, an answer goes out. There is no other socket, nor a way to make one.
        SYS_recvmsg,
        SYS_sendmsg,
        // The input into memory of our own, where it is not mapped; the output out of it.
        SYS_pread64,
        SYS_pwrite64,
        // Done with a job's files.
        SYS_close,
        // How long a sealed file is.
        SYS_fstat,
        // The allocator and the decoders' buffers.
        SYS_brk,
        SYS_munmap,
        SYS_mremap,
        SYS_madvise,
        // Locks of the standard library.
        SYS_futex,
        SYS_sched_yield,
        // The deadline between bands; mostly answered without the kernel.
        SYS_clock_gettime,
        // Seeds of hash tables.
        SYS_getrandom,
        // Last words: the allocator's and the panic's message, into a file in memory of a fixed size.
        SYS_write,
        // Ends: by exit, and by abort, which must not look like a forbidden call.
        SYS_exit,
        SYS_exit_group,
        SYS_getpid,
        SYS_gettid,
        SYS_rt_sigprocmask,
        // A full stack is told as that, by the standard library's handler.
        SYS_rt_sigaction,
        SYS_rt_sigreturn,
        SYS_sigaltstack,
        // A stopped and continued process goes on where it was.
        SYS_restart_syscall,
        // Answered with an error by the filter before; see there.
        SYS_clone3,
    ];
    rules.extend(always.map(|call| (call, vec![])));
    // Memory, and the input's map; never executable.
    rules.insert(SYS_mmap, vec![rule(vec![not_executable()?])?]);
    rules.insert(SYS_mprotect, vec![rule(vec![not_executable()?])?]);
    // Sealing the output, and seeing that the input is; builds with debug assertions look at a descriptor before they
    // close it.
    let commands = [F_ADD_SEALS, F_GET_SEALS, F_GETFD].map(|command| u64::from(command.unsigned_abs()));
    let commands = commands.map(|command| rule(vec![equals(1, command)?]));
    rules.insert(SYS_fcntl, commands.into_iter().collect::<io::Result<_>>()?);
    // `abort` signals itself, and nobody else.
    rules.insert(SYS_tgkill, vec![rule(vec![equals(0, me)?])?]);
    // A thread: answered with an error by the filter before, which callers handle. Any other clone is a fork.
    rules.insert(SYS_clone, vec![thread_clone()?]);
    Ok(rules)
}

fn thread_clone() -> io::Result<SeccompRule> {
    let thread = u64::from((CLONE_THREAD | CLONE_VM).unsigned_abs());
    rule(vec![masked(0, thread, thread)?])
}

fn rule(conditions: Vec<SeccompCondition>) -> io::Result<SeccompRule> {
    SeccompRule::new(conditions).map_err(io::Error::other)
}

fn equals(argument: u8, value: u64) -> io::Result<SeccompCondition> {
    condition(argument, SeccompCmpOp::Eq, value)
}

fn masked(argument: u8, mask: u64, value: u64) -> io::Result<SeccompCondition> {
    condition(argument, SeccompCmpOp::MaskedEq(mask), value)
}

/// Flags and numbers of processes are 32 bits to the kernel, whatever lies above them in the register.
fn condition(argument: u8, compare: SeccompCmpOp, value: u64) -> io::Result<SeccompCondition> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, compare, value).map_err(io::Error::other)
}

fn compiled(rules: Rules, otherwise: SeccompAction, listed: SeccompAction) -> io::Result<BpfProgram> {
    let machine = std::env::consts::ARCH.try_into().map_err(io::Error::other)?;
    let filter = SeccompFilter::new(rules, otherwise, listed, machine).map_err(io::Error::other)?;
    filter.try_into().map_err(io::Error::other)
}
