//! The system calls that a step has no business with, as a filter for `bwrap --seccomp`.
//!
//! Namespaces leave holes: the session's keyring is not in any, `AF_VSOCK` reaches the hypervisor from every network namespace, and new
//! user namespaces open the kernel's least tried doors. What is filtered answers `EPERM`, so programs say what they may not do;
//! `clone3`, whose flags a filter cannot see, answers `ENOSYS`, and C libraries fall back to `clone`.
use std::collections::BTreeSet;

const EPERM: u32 = 1;
const ENOSYS: u32 = 38;
const EAFNOSUPPORT: u32 = 97;

// <linux/bpf_common.h>, <linux/seccomp.h>
const LOAD: u16 = 0x20;
const JUMP_EQUAL: u16 = 0x15;
const JUMP_GREATER_OR_EQUAL: u16 = 0x35;
const JUMP_ANY_BIT: u16 = 0x45;
const RETURN: u16 = 0x06;
const ALLOW: u32 = 0x7fff_0000;
const KILL: u32 = 0x8000_0000;
const ERRNO: u32 = 0x0005_0000;

// Offsets in `struct seccomp_data`, low halves of little-endian words.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENT_0: u32 = 16;

/// `CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET`.
const NEW_NAMESPACES: u32 = 0x7e02_0000;
/// Numbers from here on are those of the x32 ABI, which would pass the filter by.
#[cfg(target_arch = "x86_64")]
const FOREIGN_NUMBERS: u32 = 0x4000_0000;

/// `AF_UNIX`, `AF_INET`, `AF_INET6`, `AF_NETLINK`: the families that stay inside a network namespace.
const FAMILIES: [u32; 4] = [1, 2, 10, 16];

#[cfg(target_arch = "x86_64")]
mod numbers {
    pub const AUDIT: u32 = 0xc000_003e;
    pub const SOCKET: u32 = 41;
    pub const SOCKETPAIR: u32 = 53;
    pub const CLONE: u32 = 56;
    pub const CLONE3: u32 = 435;
    pub const UNSHARE: u32 = 272;
    /// In this order: modules, kexec, reboot, swap, mount and kin, `pivot_root`, clocks, accounting, quotas, keyrings, bpf, perf,
    /// userfaultfd, ptrace and kin, `io_uring`, `setns`, file handles, fanotify.
    pub const NEVER: &[u32] = &[
        175, 176, 313, 246, 320, 169, 167, 168, 165, 166, 428, 429, 430, 431, 432, 433, 442, 155, 161, 164, 227, 305,
        163, 179, 443, 248, 249, 250, 321, 298, 323, 101, 310, 311, 440, 425, 426, 427, 308, 303, 304, 300, 172, 173,
        103, 134, 153,
    ];
}

#[cfg(target_arch = "aarch64")]
mod numbers {
    pub const AUDIT: u32 = 0xc000_00b7;
    pub const SOCKET: u32 = 198;
    pub const SOCKETPAIR: u32 = 199;
    pub const CLONE: u32 = 220;
    pub const CLONE3: u32 = 435;
    pub const UNSHARE: u32 = 97;
    /// In the order of those of x86-64, which has a few that are not here.
    pub const NEVER: &[u32] = &[
        105, 106, 273, 104, 294, 142, 224, 225, 40, 39, 428, 429, 430, 431, 432, 433, 442, 41, 51, 170, 112, 266, 89,
        60, 443, 217, 218, 219, 280, 241, 282, 117, 270, 271, 440, 425, 426, 427, 268, 264, 265, 262, 116, 58,
    ];
}

/// Returns the filter as the kernel takes it.
pub(super) fn filter() -> Vec<u8> {
    let mut program = vec![
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_EQUAL, 1, 0, numbers::AUDIT),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
    ];
    #[cfg(target_arch = "x86_64")]
    program.extend([(JUMP_GREATER_OR_EQUAL, 0, 1, FOREIGN_NUMBERS), (RETURN, 0, 0, ERRNO | ENOSYS)]);
    for number in numbers::NEVER.iter().copied().collect::<BTreeSet<_>>() {
        program.extend([(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, ERRNO | EPERM)]);
    }
    program.extend([(JUMP_EQUAL, 0, 1, numbers::CLONE3), (RETURN, 0, 0, ERRNO | ENOSYS)]);
    for number in [numbers::CLONE, numbers::UNSHARE] {
        program.extend([
            (JUMP_EQUAL, 0, 4, number),
            (LOAD, 0, 0, ARGUMENT_0),
            (JUMP_ANY_BIT, 0, 1, NEW_NAMESPACES),
            (RETURN, 0, 0, ERRNO | EPERM),
            (RETURN, 0, 0, ALLOW),
        ]);
    }
    for number in [numbers::SOCKET, numbers::SOCKETPAIR] {
        program.extend([(JUMP_EQUAL, 0, 7, number), (LOAD, 0, 0, ARGUMENT_0)]);
        for (at, family) in FAMILIES.into_iter().enumerate() {
            let to_allow = u8::try_from(FAMILIES.len() - at).unwrap_or(0);
            program.push((JUMP_EQUAL, to_allow, 0, family));
        }
        program.extend([(RETURN, 0, 0, ERRNO | EAFNOSUPPORT), (RETURN, 0, 0, ALLOW)]);
    }
    program.push((RETURN, 0, 0, ALLOW));
    program.into_iter().flat_map(instruction).collect()
}

/// Lays an instruction out as `struct sock_filter`.
fn instruction((code, if_true, if_false, value): (u16, u8, u8, u32)) -> [u8; 8] {
    let ([c0, c1], [v0, v1, v2, v3]) = (code.to_ne_bytes(), value.to_ne_bytes());
    [c0, c1, if_true, if_false, v0, v1, v2, v3]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the filter as the kernel would.
    fn answer(architecture: u32, number: u32, argument: u32) -> u32 {
        let bytes = filter();
        let program: Vec<&[u8]> = bytes.chunks(8).collect();
        let (mut at, mut value) = (0, 0);
        loop {
            let code = u16::from_ne_bytes([program[at][0], program[at][1]]);
            let (if_true, if_false) = (usize::from(program[at][2]), usize::from(program[at][3]));
            let k = u32::from_ne_bytes(program[at][4..8].try_into().unwrap());
            at += 1;
            let holds = match code {
                LOAD => {
                    value = [(NUMBER, number), (ARCHITECTURE, architecture), (ARGUMENT_0, argument)]
                        .into_iter()
                        .find_map(|(offset, value)| (offset == k).then_some(value))
                        .unwrap();
                    continue;
                }
                RETURN => return k,
                JUMP_EQUAL => value == k,
                JUMP_GREATER_OR_EQUAL => value >= k,
                JUMP_ANY_BIT => value & k != 0,
                other => panic!("{other:x}"),
            };
            at += if holds { if_true } else { if_false };
        }
    }

    #[test]
    fn what_steps_need_passes_and_the_rest_does_not() {
        let ours = numbers::AUDIT;
        assert_eq!(answer(ours, numbers::NEVER[0], 0), ERRNO | EPERM);
        assert_eq!(answer(ours, *numbers::NEVER.last().unwrap(), 0), ERRNO | EPERM);
        assert_eq!(answer(ours, numbers::CLONE3, 0), ERRNO | ENOSYS);
        assert_eq!(answer(ours, numbers::CLONE, 0x003d_0f00), ALLOW, "a thread");
        assert_eq!(answer(ours, numbers::CLONE, 17), ALLOW, "a process");
        assert_eq!(answer(ours, numbers::CLONE, 0x1000_0000), ERRNO | EPERM, "a user namespace");
        assert_eq!(answer(ours, numbers::UNSHARE, 0x4000_0000), ERRNO | EPERM, "a network namespace");
        for family in FAMILIES {
            assert_eq!(answer(ours, numbers::SOCKET, family), ALLOW, "{family}");
        }
        for family in [0, 3, 17, 38, 40] {
            assert_eq!(answer(ours, numbers::SOCKET, family), ERRNO | EAFNOSUPPORT, "{family}");
            assert_eq!(answer(ours, numbers::SOCKETPAIR, family), ERRNO | EAFNOSUPPORT, "{family}");
        }
        assert_eq!(answer(ours, 1, 0), ALLOW, "another call");
        assert_eq!(answer(3, 1, 0), KILL, "another architecture");
    }
}
