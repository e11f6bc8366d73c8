/* sandbox.c: the rights that an isolated adapter gives up before it runs. Two kinds: `driver`
 * (limits, no new privileges, no core dumps, no debugging, no exec) and `parser`, the same without
 * network. */
#include "isolate.h"

#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static const int never[] = {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(mount),
	SCMP_SYS(umount2), SCMP_SYS(chroot), SCMP_SYS(setuid), SCMP_SYS(setgid),
	SCMP_SYS(kexec_load), SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(bpf),
	SCMP_SYS(process_vm_writev), SCMP_SYS(process_vm_readv), SCMP_SYS(perf_event_open),
	SCMP_SYS(keyctl)};
static const int network[] = {SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen),
	SCMP_SYS(accept), SCMP_SYS(accept4)};

static bool refuse(scmp_filter_ctx filter, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(1 /* EPERM */), calls[i], 0) != 0)
			return false;
	}
	return true;
}

static bool filter_calls(bool offline)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	bool ok = filter && seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
		  refuse(filter, never, sizeof(never) / sizeof(never[0])) &&
		  (!offline || refuse(filter, network, sizeof(network) / sizeof(network[0]))) &&
		  seccomp_load(filter) == 0;

	if (filter)
		seccomp_release(filter);
	return ok;
}

bool gt_sandbox_enter(bool offline, struct gt_err *err)
{
	struct rlimit none = {0, 0}, files = {256, 256};

	if (setrlimit(RLIMIT_CORE, &none) != 0 || setrlimit(RLIMIT_NOFILE, &files) != 0 ||
		prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		!filter_calls(offline))
		return gt_fail(err, GT_E_CHILD_SANDBOX);
	return true;
}
