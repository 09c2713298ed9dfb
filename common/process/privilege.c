// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "process/privilege.h"

/* The inode numbers that the kernel gives the first namespaces (include/linux/proc_ns.h). */
enum { USER_NS_INIT_INO = 0xEFFFFFFD };

struct cap_sets {
	uint64_t effective, permitted, inheritable;
};

/* The sets that the program was started with, for the child of `-- COMMAND`. */
static struct {
	bool known;
	struct cap_sets sets;
	uint64_t ambient;
} at_start;

static bool caps_get(struct cap_sets *ret)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {{0}};

	*ret = (struct cap_sets){0};
	if (syscall(SYS_capget, &head, d))
		return false;
	ret->effective = d[0].effective | (uint64_t)d[1].effective << 32;
	ret->permitted = d[0].permitted | (uint64_t)d[1].permitted << 32;
	ret->inheritable = d[0].inheritable | (uint64_t)d[1].inheritable << 32;
	return true;
}

static bool caps_set(const struct cap_sets *c)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {
		{(uint32_t)c->effective, (uint32_t)c->permitted, (uint32_t)c->inheritable},
		{(uint32_t)(c->effective >> 32), (uint32_t)(c->permitted >> 32),
		 (uint32_t)(c->inheritable >> 32)},
	};

	if (!syscall(SYS_capset, &head, d))
		return true;
	log_add(LOG_DEBUG, "capset: %s", strerror(errno));
	return false;
}

static uint64_t ambient_get(void)
{
	uint64_t set = 0;
	int is;

	for (unsigned long cap = 0; cap < 64; cap++) {
		is = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0);
		if (is < 0)
			break;
		if (is)
			set |= 1ull << cap;
	}
	return set;
}

void privilege_begin(void)
{
	struct cap_sets c;

	if (!caps_get(&c))
		return;
	at_start.known = true;
	at_start.sets = c;
	at_start.ambient = ambient_get();
	c.effective = c.inheritable = 0; /* takes the ambient ones with it: capabilities(7) */
	caps_set(&c);
}

void privilege_raise(void)
{
	struct cap_sets c;

	if (!caps_get(&c) || c.effective == c.permitted)
		return;
	c.effective = c.permitted;
	caps_set(&c);
}

void privilege_lower(void)
{
	struct cap_sets c;

	if (!caps_get(&c) || !c.effective)
		return;
	c.effective = 0;
	caps_set(&c);
}

void privilege_drop(void)
{
	caps_set(&(struct cap_sets){0});
}

bool privilege_permitted(int cap)
{
	struct cap_sets c;

	return caps_get(&c) && (c.permitted >> cap & 1);
}

bool privilege_in_user_namespace(void)
{
	struct stat st;

	return !stat("/proc/self/ns/user", &st) && st.st_ino != USER_NS_INIT_INO;
}

void privilege_missing_for_probes(char *dst, size_t size)
{
	static const struct {
		int cap;
		const char *name;
	} needed[] = {{CAP_BPF, "CAP_BPF"}, {CAP_PERFMON, "CAP_PERFMON"}};
	bool elsewhere = privilege_in_user_namespace();
	size_t len = 0;

	if (size)
		dst[0] = '\0';
	if (!elsewhere && privilege_permitted(CAP_SYS_ADMIN))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		if (!elsewhere && privilege_permitted(needed[i].cap))
			continue;
		len += (size_t)snprintf(dst + len, size - len, "%s%s", len ? ", " : "",
					needed[i].name);
		if (len >= size)
			return;
	}
	if (elsewhere)
		snprintf(dst + len, size - len, " of the first user namespace");
}

/* ---- the child of `-- COMMAND` ---------------------------------------------------------------- */

static struct passwd *find_user(const char *name)
{
	struct passwd *pw = getpwnam(name);
	unsigned long uid;
	char *end;

	if (pw || *name < '0' || *name > '9')
		return pw;
	uid = strtoul(name, &end, 10);
	return *end || uid > UINT32_MAX ? NULL : getpwuid((uid_t)uid);
}

static int set_ids(uid_t uid, gid_t gid)
{
	if (setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return -errno;
	return 0;
}

static int become(const struct passwd *pw)
{
	int r = 0;

	privilege_raise();
	if (initgroups(pw->pw_name, pw->pw_gid))
		r = -errno;
	if (!r)
		r = set_ids(pw->pw_uid, pw->pw_gid);
	privilege_drop();
	return r;
}

static void restore_start(void)
{
	struct cap_sets c;

	if (!at_start.known || !caps_get(&c))
		return;
	c.effective = at_start.sets.effective & c.permitted;
	c.inheritable = at_start.sets.inheritable;
	if (!caps_set(&c))
		return;
	for (unsigned long cap = 0; cap < 64; cap++)
		if (at_start.ambient >> cap & 1)
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
}

int privilege_check_user(const char *user, struct err *err)
{
	bool set_id = getuid() != geteuid() || getgid() != getegid();
	const struct passwd *pw;

	pw = find_user(user);
	if (!pw)
		return err_set(err, EXIT_USAGE, ENOENT, "--user %s: there is no such user", user);
	if (!set_id && pw->pw_uid == getuid())
		return 0;
	if (privilege_permitted(CAP_SETUID) && privilege_permitted(CAP_SETGID))
		return 0;
	return err_set(err, EXIT_PERMISSION, EPERM,
		       "--user %s: to start it as another user takes CAP_SETUID and CAP_SETGID: "
		       "run goroutop with sudo",
		       user);
}

int privilege_for_child(const char *user)
{
	uid_t uid = getuid();
	gid_t gid = getgid();
	bool set_id = uid != geteuid() || gid != getegid();
	const struct passwd *pw;

	if (user) {
		errno = 0;
		pw = find_user(user);
		if (!pw)
			return errno ? -errno : -ENOENT;
		if (set_id || pw->pw_uid != uid)
			return become(pw);
	}
	if (set_id) {
		int r = set_ids(uid, gid);

		privilege_drop();
		return r;
	}
	restore_start();
	return 0;
}
