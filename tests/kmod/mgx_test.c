// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgx_test.c - migrations that a test directs; see mgx_test.h. Test-only.
 *
 * Each destination is filled with a pattern and kept referenced until the call
 * has ended, so a write to one that was given back is seen.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/anon_inodes.h>
#include <linux/dmaengine.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/migrate.h>
#include <linux/miscdevice.h>
#include <linux/mm_inline.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/static_call.h>
#include <linux/string.h>
#include <linux/swap.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "mgx_test.h"

#define MGXT_FILL     0xa5
#define MGXT_DST_EACH 24 /* destinations a folio can ask for */

/* --- functions of the kernel that are not exported ------------------------- */

typedef bool mgxt_isolate_fn(struct folio *folio);
typedef bool mgxt_isolate_page_fn(struct page *page, isolate_mode_t mode);
typedef int mgxt_set_memory_fn(unsigned long addr, int numpages);
typedef void mgxt_void_fn(void);

DEFINE_STATIC_CALL_NULL(mgxt_migrate_pages, migrate_pages);
DEFINE_STATIC_CALL_NULL(mgxt_putback, putback_movable_pages);
DEFINE_STATIC_CALL_NULL(mgxt_drain, mgxt_void_fn);
DEFINE_STATIC_CALL_NULL(mgxt_isolate, mgxt_isolate_fn);
DEFINE_STATIC_CALL_NULL(mgxt_isolate_page, mgxt_isolate_page_fn);
DEFINE_STATIC_CALL_NULL(mgxt_absent, mgxt_set_memory_fn);
DEFINE_STATIC_CALL_NULL(mgxt_present, mgxt_set_memory_fn);
DEFINE_STATIC_CALL_NULL(mgxt_copy_fragile, mgxt_void_fn);

static void *mgxt_symbol(const char *name)
{
	struct kprobe kp = {
		.symbol_name = name,
		.flags = KPROBE_FLAG_DISABLED,
	};

	if (register_kprobe(&kp))
		return NULL;
	unregister_kprobe(&kp);
	return kp.addr;
}

/* clang-format off */
#define MGXT_BIND(call, symbol)						\
	({								\
		void *___addr = mgxt_symbol(symbol);			\
									\
		if (___addr)						\
			static_call_update(call, ___addr);		\
		!!___addr;						\
	})

/* clang-format on */
static int mgxt_bind(void)
{
	bool all = MGXT_BIND(mgxt_migrate_pages, "migrate_pages");

	all &= MGXT_BIND(mgxt_putback, "putback_movable_pages");
	all &= MGXT_BIND(mgxt_drain, "lru_add_drain_all");
	all &= MGXT_BIND(mgxt_isolate, "folio_isolate_lru");
	/* It was renamed. */
	all &= MGXT_BIND(mgxt_isolate_page, "isolate_movable_ops_page") ||
	       MGXT_BIND(mgxt_isolate_page, "isolate_movable_page");
	if (MGX_SURVIVES_BAD_SOURCE) {
		all &= MGXT_BIND(mgxt_absent, "set_memory_np");
		all &= MGXT_BIND(mgxt_present, "set_memory_p");
		all &= MGXT_BIND(mgxt_copy_fragile, "enable_copy_mc_fragile");
	}
	return all ? 0 : -ENOENT;
}

/* --- a call ------------------------------------------------------------------- */

/**
 * struct mgxt_src - a folio to be migrated
 * @folio: it, isolated
 * @flags: MGXT_LOCKED etc.
 * @asked: destinations it asked for
 * @locked: by us
 * @pinned: by us
 * @kept: by us, since it moves alone and must not be freed
 */
struct mgxt_src {
	struct folio *folio;
	u32 flags;
	unsigned int asked;
	bool locked;
	bool pinned;
	bool kept;
};

/**
 * struct mgxt_dst - a destination
 * @folio: it
 * @back: put_new_folio() was called
 */
struct mgxt_dst {
	struct folio *folio;
	bool back;
};

/**
 * struct mgxt_run - a call under way
 * @call: what the test asked for
 * @want: its folios
 * @src: what became of them
 * @list: for migrate_pages()
 * @inner: for the nested one
 * @dst: destinations
 * @nr_dst: how many
 */
struct mgxt_run {
	struct mgxt_call call;
	struct mgxt_folio *want;
	struct mgxt_src *src;
	struct list_head list;
	struct list_head inner;
	struct mgxt_dst *dst;
	unsigned int nr_dst;
};

static DEFINE_MUTEX(mgxt_mutex);   /* one call at a time */
static struct mgxt_run *mgxt_now;  /* under the mutex */
static DEFINE_MUTEX(mgxt_content); /* content of MGXT_FILE_LOCK folios */

static const struct address_space_operations mgxt_aops_alone;

static struct mgxt_src *mgxt_src_of(struct mgxt_run *run, struct folio *folio)
{
	u32 i;

	for (i = 0; i < run->call.nr; i++)
		if (run->src[i].folio == folio)
			return &run->src[i];
	return NULL;
}

static struct folio *mgxt_new_folio(struct mgxt_run *run)
{
	struct mgxt_dst *dst = &run->dst[run->nr_dst];
	struct page *page;

	if (run->nr_dst == run->call.nr * MGXT_DST_EACH)
		return NULL;
	page = alloc_pages_node(run->call.node,
				GFP_USER | __GFP_MOVABLE | __GFP_THISNODE, 0);
	if (!page)
		return NULL;
	memset(page_address(page), MGXT_FILL, PAGE_SIZE);
	dst->folio = page_folio(page);
	folio_get(dst->folio);
	run->nr_dst++;
	return dst->folio;
}

static int mgxt_migrate(struct mgxt_run *run, struct list_head *list,
			unsigned int *succeeded);

static struct folio *mgxt_get(struct folio *folio, unsigned long data)
{
	struct mgxt_run *run = (struct mgxt_run *)data;
	struct mgxt_src *src = mgxt_src_of(run, folio);

	if (!src || src->flags & MGXT_NOMEM)
		return NULL;
	if (++src->asked == 2 && src->locked) {
		src->locked = false;
		folio_unlock(folio);
	}
	if (src->flags & MGXT_NEST && src->asked == 1)
		run->call.inner_rc = mgxt_migrate(run, &run->inner, NULL);
	return mgxt_new_folio(run);
}

static void mgxt_put(struct folio *folio, unsigned long data)
{
	struct mgxt_run *run = (struct mgxt_run *)data;
	unsigned int i;

	for (i = 0; i < run->nr_dst; i++)
		if (run->dst[i].folio == folio)
			run->dst[i].back = true;
	folio_put(folio);
}

static int mgxt_migrate(struct mgxt_run *run, struct list_head *list,
			unsigned int *succeeded)
{
	free_folio_t *put = run->call.flags & MGXT_NO_PUT ? NULL : mgxt_put;

	return static_call(
		mgxt_migrate_pages)(list, mgxt_get, put, (unsigned long)run,
				    run->call.mode, MR_SYSCALL, succeeded);
}

static struct folio *mgxt_lookup(const struct mgxt_folio *want)
{
	struct file *file = fget(want->fd);
	struct folio *folio;

	if (!file)
		return ERR_PTR(-EBADF);
	folio = filemap_get_folio(file->f_mapping, want->index);
	fput(file);
	return folio;
}

/* The first one on node 0 that can be had. */
static int mgxt_take_device_page(struct mgxt_run *run, struct mgxt_src *src)
{
	unsigned long pfn, end = node_end_pfn(0);

	for (pfn = node_start_pfn(0); pfn < end; pfn++) {
		struct page *page = pfn_to_online_page(pfn);

		if (!page || !mgx_has_movable_ops(page_folio(page)))
			continue;
		if (!static_call(mgxt_isolate_page)(page, 0))
			continue;
		src->folio = page_folio(page);
		list_add_tail(&page->lru, &run->list);
		return 0;
	}
	return -ENOENT;
}

/* The folio's isolation has a reference of its own. */
static int mgxt_take(struct mgxt_run *run, struct mgxt_src *src,
		     struct folio *folio)
{
	if (folio_test_large(folio))
		return -EINVAL;
	if (!static_call(mgxt_isolate)(folio))
		return -EBUSY;
	src->folio = folio;
	mod_node_page_state(folio_pgdat(folio),
			    NR_ISOLATED_ANON + folio_is_file_lru(folio), 1);
	list_add_tail(&folio->lru,
		      src->flags & MGXT_INNER ? &run->inner : &run->list);
	return 0;
}

/* Not in the direct map: an access faults, as it does to bad memory. */
static int mgxt_readable(struct folio *folio, bool readable)
{
	unsigned long addr = (unsigned long)folio_address(folio);

	return readable ? static_call(mgxt_present)(addr, 1) :
			  static_call(mgxt_absent)(addr, 1);
}

static int mgxt_prepare(struct mgxt_src *src)
{
	struct folio *folio = src->folio;

	src->pinned = src->flags & MGXT_PINNED;
	src->kept = folio->mapping && folio->mapping->a_ops == &mgxt_aops_alone;
	if (src->pinned)
		folio_get(folio);
	if (src->kept)
		folio_get(folio);
	if (src->flags & MGXT_LOCKED) {
		folio_lock(folio);
		src->locked = true;
	}
	if (!(src->flags & MGXT_POISON))
		return 0;
	return MGX_SURVIVES_BAD_SOURCE ? mgxt_readable(folio, false) :
					 -EOPNOTSUPP;
}

static int mgxt_isolate_one(struct mgxt_run *run, struct mgxt_src *src,
			    const struct mgxt_folio *want)
{
	struct folio *folio;
	int rc;

	src->flags = want->flags;
	if (src->flags & MGXT_DEVICE_PAGE)
		return mgxt_take_device_page(run, src);
	folio = mgxt_lookup(want);
	if (IS_ERR(folio))
		return PTR_ERR(folio);
	rc = mgxt_take(run, src, folio);
	folio_put(folio);
	return rc ?: mgxt_prepare(src);
}

static int mgxt_isolate_all(struct mgxt_run *run)
{
	int rc = 0;
	u32 i;

	if (!(run->call.flags & MGXT_DRAINED))
		static_call(mgxt_drain)();
	for (i = 0; i < run->call.nr && !rc; i++)
		rc = mgxt_isolate_one(run, &run->src[i], &run->want[i]);
	return rc;
}

static void mgxt_unpin(struct mgxt_run *run)
{
	u32 i;

	for (i = 0; i < run->call.nr; i++) {
		if (!run->src[i].pinned)
			continue;
		run->src[i].pinned = false;
		folio_put(run->src[i].folio);
	}
}

static void mgxt_release(struct mgxt_run *run)
{
	u32 i;

	mgxt_unpin(run);
	for (i = 0; i < run->call.nr; i++) {
		struct mgxt_src *src = &run->src[i];

		if (src->locked)
			folio_unlock(src->folio);
		if (src->folio && src->flags & MGXT_POISON)
			mgxt_readable(src->folio, true);
		if (src->kept)
			folio_put(src->folio);
	}
	static_call(mgxt_putback)(&run->list);
	static_call(mgxt_putback)(&run->inner);
}

/* Without put_new_folio() only our reference is left on what was given back. */
static void mgxt_count_back(struct mgxt_run *run)
{
	struct mgxt_call *call = &run->call;
	unsigned int i;

	call->given = run->nr_dst;
	for (i = 0; i < run->nr_dst; i++) {
		struct folio *folio = run->dst[i].folio;

		if (run->dst[i].back ||
		    (!folio->mapping && folio_ref_count(folio) == 1)) {
			call->back++;
			call->spoiled += !!memchr_inv(folio_address(folio),
						      MGXT_FILL, PAGE_SIZE);
		}
		folio_put(folio);
	}
}

static void mgxt_locate(struct mgxt_folio *want)
{
	struct folio *folio = mgxt_lookup(want);

	want->node = NUMA_NO_NODE;
	if (IS_ERR(folio))
		return;
	want->node = folio_nid(folio);
	folio_put(folio);
}

static int mgxt_run(struct mgxt_run *run)
{
	int rc = mgxt_isolate_all(run);
	u32 i;

	if (!rc) {
		mgxt_now = run;
		run->call.rc =
			mgxt_migrate(run, &run->list, &run->call.succeeded);
		mgxt_now = NULL;
	}
	mgxt_release(run);
	mgxt_count_back(run);
	for (i = 0; i < run->call.nr; i++)
		mgxt_locate(&run->want[i]);
	return rc;
}

static void mgxt_free(struct mgxt_run *run)
{
	kvfree(run->want);
	kvfree(run->src);
	kvfree(run->dst);
	kfree(run);
}

static struct mgxt_run *mgxt_new(const struct mgxt_call *call)
{
	struct mgxt_run *run = kzalloc(sizeof(*run), GFP_KERNEL);

	if (!run)
		return NULL;
	run->call = *call;
	INIT_LIST_HEAD(&run->list);
	INIT_LIST_HEAD(&run->inner);
	run->want = kvcalloc(call->nr, sizeof(*run->want), GFP_KERNEL);
	run->src = kvcalloc(call->nr, sizeof(*run->src), GFP_KERNEL);
	run->dst = kvcalloc(call->nr * MGXT_DST_EACH, sizeof(*run->dst),
			    GFP_KERNEL);
	if (run->want && run->src && run->dst)
		return run;
	mgxt_free(run);
	return NULL;
}

static long mgxt_ioctl_migrate(struct mgxt_call __user *arg)
{
	struct mgxt_folio __user *folios;
	struct mgxt_call call;
	struct mgxt_run *run;
	size_t size;
	long rc;

	if (copy_from_user(&call, arg, sizeof(call)))
		return -EFAULT;
	if (!call.nr || call.nr > MGXT_MAX_FOLIOS)
		return -EINVAL;
	run = mgxt_new(&call);
	if (!run)
		return -ENOMEM;
	folios = u64_to_user_ptr(call.folios);
	size = call.nr * sizeof(*run->want);
	rc = copy_from_user(run->want, folios, size) ? -EFAULT : 0;
	if (!rc) {
		mutex_lock(&mgxt_mutex);
		rc = mgxt_run(run);
		mutex_unlock(&mgxt_mutex);
	}
	if (!rc && (copy_to_user(folios, run->want, size) ||
		    copy_to_user(arg, &run->call, sizeof(call))))
		rc = -EFAULT;
	mgxt_free(run);
	return rc;
}

/* --- files with a migrate_folio() of their own --------------------------------- */

static int mgxt_migrate_lock(struct address_space *mapping, struct folio *dst,
			     struct folio *src, enum migrate_mode mode)
{
	int rc;

	if (!mutex_trylock(&mgxt_content)) {
		if (mode == MIGRATE_ASYNC)
			return -EAGAIN;
		mutex_lock(&mgxt_content);
	}
	rc = filemap_migrate_folio(mapping, dst, src, mode);
	mutex_unlock(&mgxt_content);
	return rc;
}

static int mgxt_migrate_alone(struct address_space *mapping, struct folio *dst,
			      struct folio *src, enum migrate_mode mode)
{
	int rc = folio_migrate_mapping(mapping, dst, src, 1);

	if (rc)
		return rc;
	folio_migrate_flags(dst, src);
	memset(folio_address(dst), MGXT_OWNERS_BYTE, PAGE_SIZE);
	if (mgxt_now)
		mgxt_unpin(mgxt_now);
	return 0;
}

static DECLARE_COMPLETION(mgxt_arrived);
static DECLARE_COMPLETION(mgxt_go);

static int mgxt_migrate_wait(struct address_space *mapping, struct folio *dst,
			     struct folio *src, enum migrate_mode mode)
{
	complete(&mgxt_arrived);
	wait_for_completion_killable_timeout(&mgxt_go, MGXT_WAIT_S * HZ);
	return filemap_migrate_folio(mapping, dst, src, mode);
}

static long mgxt_ioctl_arrived(void)
{
	const long limit = MGXT_WAIT_S * HZ;
	long left;

	left = wait_for_completion_interruptible_timeout(&mgxt_arrived, limit);
	return left > 0 ? 0 : left ?: -ETIMEDOUT;
}

static int mgxt_migrate_refuse(struct address_space *mapping, struct folio *dst,
			       struct folio *src, enum migrate_mode mode)
{
	return -EBUSY;
}

static const struct address_space_operations mgxt_aops_lock = {
	.dirty_folio = noop_dirty_folio,
	.migrate_folio = mgxt_migrate_lock,
};

static const struct address_space_operations mgxt_aops_alone = {
	.dirty_folio = noop_dirty_folio,
	.migrate_folio = mgxt_migrate_alone,
};

static const struct address_space_operations mgxt_aops_refuse = {
	.dirty_folio = noop_dirty_folio,
	.migrate_folio = mgxt_migrate_refuse,
};

static const struct address_space_operations mgxt_aops_wait = {
	.dirty_folio = noop_dirty_folio,
	.migrate_folio = mgxt_migrate_wait,
};

static const struct address_space_operations mgxt_aops_plain = {
	.dirty_folio = noop_dirty_folio,
	.migrate_folio = migrate_folio,
};

static const struct address_space_operations mgxt_aops_unlocked = {
	.dirty_folio = noop_dirty_folio,
	.migrate_folio = filemap_migrate_folio,
};

static const struct address_space_operations *const mgxt_aops[] = {
	[MGXT_FILE_LOCK] = &mgxt_aops_lock,
	[MGXT_FILE_ALONE] = &mgxt_aops_alone,
	[MGXT_FILE_REFUSE] = &mgxt_aops_refuse,
	[MGXT_FILE_WAIT] = &mgxt_aops_wait,
	[MGXT_FILE_INACCESSIBLE] = &mgxt_aops_plain,
	[MGXT_FILE_DIRECTORY] = &mgxt_aops_unlocked,
	[MGXT_FILE_DEVICE] = &mgxt_aops_unlocked,
};

static umode_t mgxt_mode(__u32 kind)
{
	switch (kind) {
	case MGXT_FILE_DIRECTORY:
		return S_IFDIR | 0700;
	case MGXT_FILE_DEVICE:
		return S_IFBLK | 0600;
	default:
		return S_IFREG | 0600;
	}
}

/* Up to the end of one page. The lock keeps a MGXT_FILE_LOCK folio where it is. */
static ssize_t mgxt_file_copy(struct file *file, char __user *to,
			      const char __user *from, size_t len, loff_t *pos)
{
	unsigned int at = offset_in_page(*pos);
	struct folio *folio;
	unsigned long left;

	len = min_t(size_t, len, PAGE_SIZE - at);
	mutex_lock(&mgxt_content);
	folio = filemap_get_folio(file->f_mapping, *pos >> PAGE_SHIFT);
	if (IS_ERR(folio)) {
		mutex_unlock(&mgxt_content);
		return 0;
	}
	if (to)
		left = copy_to_user(to, folio_address(folio) + at, len);
	else
		left = copy_from_user(folio_address(folio) + at, from, len);
	folio_put(folio);
	mutex_unlock(&mgxt_content);
	*pos += len;
	return left ? -EFAULT : len;
}

static ssize_t mgxt_file_read(struct file *file, char __user *buf, size_t len,
			      loff_t *pos)
{
	return mgxt_file_copy(file, buf, NULL, len, pos);
}

static ssize_t mgxt_file_write(struct file *file, const char __user *buf,
			       size_t len, loff_t *pos)
{
	return mgxt_file_copy(file, NULL, buf, len, pos);
}

static const struct file_operations mgxt_file_fops = {
	.owner = THIS_MODULE,
	.read = mgxt_file_read,
	.write = mgxt_file_write,
};

static int mgxt_file_fill(struct address_space *mapping, u32 pages)
{
	struct folio *folio;
	struct page *page;
	int rc = 0;
	u32 i;

	for (i = 0; i < pages && !rc; i++) {
		page = alloc_pages_node(0,
					GFP_USER | __GFP_MOVABLE |
						__GFP_THISNODE | __GFP_ZERO,
					0);
		if (!page)
			return -ENOMEM;
		folio = page_folio(page);
		rc = filemap_add_folio(mapping, folio, i, GFP_KERNEL);
		if (!rc) {
			folio_mark_uptodate(folio);
			folio_unlock(folio);
		}
		folio_put(folio);
	}
	return rc;
}

static struct file *mgxt_file_open(const struct mgxt_file *want)
{
	struct address_space *mapping;
	struct file *file;
	int rc;

	file = anon_inode_create_getfile("[mgx_test]", &mgxt_file_fops, NULL,
					 O_RDWR, NULL);
	if (IS_ERR(file))
		return file;
	mapping = file->f_mapping;
	mapping->a_ops = mgxt_aops[want->kind];
	mapping_set_unevictable(mapping);
	if (want->kind == MGXT_FILE_INACCESSIBLE)
		mapping_set_inaccessible(mapping);
	mapping->host->i_mode = mgxt_mode(want->kind);
	i_size_write(mapping->host, (loff_t)want->pages << PAGE_SHIFT);
	file->f_mode |= FMODE_PREAD | FMODE_PWRITE;
	rc = mgxt_file_fill(mapping, want->pages);
	if (rc) {
		fput(file);
		return ERR_PTR(rc);
	}
	return file;
}

static long mgxt_ioctl_file(const struct mgxt_file __user *arg)
{
	struct mgxt_file want;
	struct file *file;
	int fd;

	if (copy_from_user(&want, arg, sizeof(want)))
		return -EFAULT;
	if (want.kind >= ARRAY_SIZE(mgxt_aops) || want.pages > MGXT_MAX_FOLIOS)
		return -EINVAL;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	file = mgxt_file_open(&want);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	static_call(mgxt_drain)();
	fd_install(fd, file);
	return fd;
}

/* --- the device ------------------------------------------------------------------- */

static long mgxt_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case MGXT_MIGRATE:
		return mgxt_ioctl_migrate((void __user *)arg);
	case MGXT_FILE:
		return mgxt_ioctl_file((void __user *)arg);
	case MGXT_POISON_ON:
		if (!MGX_SURVIVES_BAD_SOURCE)
			return -EOPNOTSUPP;
		static_call(mgxt_copy_fragile)();
		return 0;
	case MGXT_ARRIVED:
		return mgxt_ioctl_arrived();
	case MGXT_GO:
		complete(&mgxt_go);
		return 0;
	case MGXT_DMA_GET:
		dmaengine_get();
		return 0;
	case MGXT_DMA_PUT:
		dmaengine_put();
		return 0;
	}
	return -ENOTTY;
}

static const struct file_operations mgxt_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = mgxt_ioctl,
};

static struct miscdevice mgxt_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "mgx_test",
	.fops = &mgxt_fops,
	.mode = 0600,
};

static int __init mgxt_init(void)
{
	int rc = mgxt_bind();

	if (rc) {
		pr_err("this kernel lacks a function that tests need\n");
		return rc;
	}
	return misc_register(&mgxt_device);
}

static void __exit mgxt_exit(void)
{
	misc_deregister(&mgxt_device);
}

module_init(mgxt_init);
module_exit(mgxt_exit);

MODULE_DESCRIPTION("Migrations that a test directs");
MODULE_LICENSE("GPL");
