/* sandbox.c: the rights that an isolated adapter gives up before it runs. Two kinds: `driver`
 * (limits, no new privileges, no core dumps, no debugging, no other processes) and `parser`, the
 * same without network. */
#include "isolate.h"

#include "gt_assert.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Other programs, other processes, the kernel, and the ways around this filter. */
static const int never[] = {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(tkill),
	SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo), SCMP_SYS(mount), SCMP_SYS(umount2),
	SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(setuid), SCMP_SYS(setgid),
	SCMP_SYS(setreuid), SCMP_SYS(setregid), SCMP_SYS(setresuid), SCMP_SYS(setresgid),
	SCMP_SYS(setgroups), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(kexec_load),
	SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(reboot),
	SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(keyctl),
	SCMP_SYS(add_key), SCMP_SYS(request_key)};
static const int network[] = {SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen),
	SCMP_SYS(accept), SCMP_SYS(accept4)};
/* Newer than some libseccomp: by number, the same on all machines. */
#define PIDFD_SEND_SIGNAL 424
#define IO_URING_SETUP 425
#define PIDFD_GETFD 438
#define CLONE3 435

void gt_sandbox_begin(int fd)
{
	const struct rlimit none = {0, 0};
	DIR *folder = opendir("/proc/self/fd");

	GT_ASSERT(folder && setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0);
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		int at = (int)strtol(entry->d_name, NULL, 10); /* ".", "..": 0 */

		if (at > 2 && at != fd && at != dirfd(folder))
			close(at);
	}
	closedir(folder);
}

static bool refuse(scmp_filter_ctx filter, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0) != 0)
			return false;
	}
	return true;
}

/* Signals to itself only (abort). Threads, but no processes: flags are clone's first argument;
 * those of clone3 lie in memory, so that the C library must believe that there is none. */
static bool refuse_processes(scmp_filter_ctx filter)
{
	const uint32_t eperm = SCMP_ACT_ERRNO(EPERM), enosys = SCMP_ACT_ERRNO(ENOSYS);
	const scmp_datum_t self = (scmp_datum_t)getpid();

	return seccomp_rule_add(filter, eperm, SCMP_SYS(kill), 1, SCMP_A0(SCMP_CMP_NE, self, 0)) ==
		       0 &&
	       seccomp_rule_add(
		       filter, eperm, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_NE, self, 0)) == 0 &&
	       seccomp_rule_add(filter, eperm, SCMP_SYS(clone), 1,
		       SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)) == 0 &&
	       seccomp_rule_add(filter, enosys, CLONE3, 0) == 0 &&
	       seccomp_rule_add(filter, enosys, PIDFD_SEND_SIGNAL, 0) == 0 &&
	       seccomp_rule_add(filter, enosys, PIDFD_GETFD, 0) == 0 &&
	       seccomp_rule_add(filter, enosys, IO_URING_SETUP, 0) == 0;
}

static bool filter_calls(bool offline)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	bool ok = filter && seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
		  refuse(filter, never, sizeof(never) / sizeof(never[0])) &&
		  refuse_processes(filter) &&
		  (!offline || refuse(filter, network, sizeof(network) / sizeof(network[0]))) &&
		  seccomp_load(filter) == 0;

	if (filter)
		seccomp_release(filter);
	return ok;
}

bool gt_sandbox_enter(bool offline, struct gt_err *err)
{
	const struct rlimit files = {256, 256};

	if (setrlimit(RLIMIT_NOFILE, &files) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		!filter_calls(offline))
		return gt_fail(err, GT_E_CHILD_SANDBOX);
	return true;
}
