// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "golang/elf_image.h"

/* The kernel takes no more than 64 KiB of program headers (fs/binfmt_elf.c, load_elf_phdrs). */
#define PHDR_MAX  (65536 / sizeof(Elf64_Phdr))
#define SHDR_MAX  65536
#define NAMES_MAX (4u << 20)
/* Honest segments have each byte of the file once, but for what is between them in a page. */
#define SEARCH_SLACK (1u << 20)
#define SEARCH_MAX   (2ull << 30)

int elf_image_pread(const struct elf_image *img, uint64_t offset, void *dst, size_t n)
{
	char *p = dst;

	if (offset > img->size || n > img->size - offset)
		return -ENODATA;
	while (n) {
		ssize_t got = pread(img->fd, p, n, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -ENODATA;
		p += got;
		offset += got;
		n -= got;
	}
	return 0;
}

/* malloc'd bytes [offset, offset + n) of the file, one byte longer and that one NUL; or NULL. */
static void *read_table(const struct elf_image *img, uint64_t offset, uint64_t n)
{
	_cleanup_free_ char *p = NULL;

	if (offset > img->size || n > img->size - offset)
		return NULL;
	p = malloc(n + 1);
	if (!p || elf_image_pread(img, offset, p, n))
		return NULL;
	p[n] = '\0';
	return take_ptr(p);
}

static const char *machine_name(unsigned machine)
{
	static const struct {
		unsigned machine;
		const char *name;
	} names[] = {
		{EM_386, "32-bit x86"},	     {EM_ARM, "32-bit ARM"}, {EM_RISCV, "RISC-V"},
		{EM_PPC64, "PowerPC64"},     {EM_S390, "s390x"},     {EM_MIPS, "MIPS"},
		{EM_LOONGARCH, "LoongArch"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].machine == machine)
			return names[i].name;
	return "another architecture";
}

static int check_header(const Elf64_Ehdr *h, struct err *err)
{
	const char *only = "goroutop watches amd64 and arm64 programs";

	if (memcmp(h->e_ident, ELFMAG, SELFMAG))
		return err_set(err, EXIT_TARGET, ENOEXEC, "not an ELF executable");
	if (h->e_ident[EI_CLASS] == ELFCLASS64 && h->e_ident[EI_DATA] == ELFDATA2MSB)
		return err_set(err, EXIT_TARGET, ENOEXEC, "a big-endian executable: %s", only);
	if (h->e_ident[EI_CLASS] != ELFCLASS64)
		return err_set(err, EXIT_TARGET, ENOEXEC, "a 32-bit executable: %s", only);
	if (h->e_machine != EM_X86_64 && h->e_machine != EM_AARCH64)
		return err_set(err, EXIT_TARGET, ENOEXEC, "an executable for %s: %s",
			       machine_name(h->e_machine), only);
	if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
		return err_set(err, EXIT_TARGET, ENOEXEC, "an ELF file that is no executable");
	return 0;
}

static int read_header(struct elf_image *img, struct err *err)
{
	struct stat st;

	if (fstat(img->fd, &st))
		return err_set(err, EXIT_TARGET, errno, "cannot look at the executable: %s",
			       strerror(errno));
	/* Reading a FIFO or a device might block for ever. */
	if (!S_ISREG(st.st_mode))
		return err_set(err, EXIT_TARGET, ENOEXEC, "not a regular file");
	img->size = st.st_size;
	img->search_max = img->size < SEARCH_MAX ? img->size + SEARCH_SLACK : SEARCH_MAX;
	if (elf_image_pread(img, 0, &img->ehdr, sizeof(img->ehdr)))
		memset(&img->ehdr, 0, sizeof(img->ehdr));
	return check_header(&img->ehdr, err);
}

static int read_phdrs(struct elf_image *img, struct err *err)
{
	const Elf64_Ehdr *h = &img->ehdr;

	if (h->e_phentsize != sizeof(Elf64_Phdr) || !h->e_phnum || h->e_phnum > PHDR_MAX)
		return err_set(err, EXIT_TARGET, ENOEXEC, "an ELF file without program headers");
	img->phdr = read_table(img, h->e_phoff, (uint64_t)h->e_phnum * sizeof(Elf64_Phdr));
	if (!img->phdr)
		return err_set(err, EXIT_TARGET, ENOEXEC,
			       "a truncated ELF file: its program headers lie beyond its end");
	img->n_phdr = h->e_phnum;
	return 0;
}

static bool shdr_in_file(const struct elf_image *img, const Elf64_Shdr *s)
{
	return s->sh_type != SHT_NOBITS && s->sh_type != SHT_NULL && s->sh_offset <= img->size &&
	       s->sh_size <= img->size - s->sh_offset;
}

/*
 * Section headers, if there are usable ones; their absence is no error. More than 65,279 sections
 * are counted in the first header (gABI, e_shnum); no Go executable has that many.
 */
static void read_shdrs(struct elf_image *img)
{
	const Elf64_Ehdr *h = &img->ehdr;
	const Elf64_Shdr *names;

	if (!h->e_shoff || h->e_shentsize != sizeof(Elf64_Shdr) || !h->e_shnum ||
	    h->e_shstrndx >= h->e_shnum)
		return;
	img->shdr = read_table(img, h->e_shoff, (uint64_t)h->e_shnum * sizeof(Elf64_Shdr));
	if (!img->shdr)
		return;
	names = &img->shdr[h->e_shstrndx];
	if (shdr_in_file(img, names) && names->sh_size && names->sh_size <= NAMES_MAX)
		img->names = read_table(img, names->sh_offset, names->sh_size);
	if (!img->names)
		return;
	img->names_size = names->sh_size;
	img->n_shdr = h->e_shnum;
}

int elf_image_open(struct elf_image *ret, int fd, struct err *err)
{
	_cleanup_(elf_image_close) struct elf_image img = {.fd = -1};
	int r;

	img.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (img.fd < 0)
		return err_set(err, EXIT_FAILED, errno, "cannot keep the executable open: %s",
			       strerror(errno));
	r = read_header(&img, err);
	if (!r)
		r = read_phdrs(&img, err);
	if (r)
		return r;
	read_shdrs(&img);
	*ret = img;
	img = (struct elf_image){.fd = -1};
	return 0;
}

void elf_image_close(struct elf_image *img)
{
	if (img->fd >= 0)
		close(img->fd);
	free(img->phdr);
	free(img->shdr);
	free(img->names);
	*img = (struct elf_image){.fd = -1};
}

const Elf64_Phdr *elf_image_segment(const struct elf_image *img, uint64_t vaddr, uint64_t n)
{
	for (size_t i = 0; i < img->n_phdr; i++) {
		const Elf64_Phdr *p = &img->phdr[i];

		if (p->p_type == PT_LOAD && vaddr >= p->p_vaddr &&
		    vaddr - p->p_vaddr < p->p_memsz && n <= p->p_memsz - (vaddr - p->p_vaddr))
			return p;
	}
	return NULL;
}

/* How many bytes of the segment come out of the file, by the program header. */
static uint64_t segment_filesz(const Elf64_Phdr *p)
{
	return p->p_filesz < p->p_memsz ? p->p_filesz : p->p_memsz;
}

bool elf_image_offset(const struct elf_image *img, uint64_t vaddr, uint64_t *offset, uint64_t *left)
{
	const Elf64_Phdr *p = elf_image_segment(img, vaddr, 1);
	uint64_t skip;

	if (!p || p->p_offset > img->size)
		return false;
	skip = vaddr - p->p_vaddr;
	if (skip >= segment_filesz(p) || skip >= img->size - p->p_offset)
		return false;
	*offset = p->p_offset + skip;
	if (left) {
		*left = segment_filesz(p) - skip;
		if (*left > img->size - *offset)
			*left = img->size - *offset;
	}
	return true;
}

int elf_image_read(const struct elf_image *img, uint64_t vaddr, void *dst, size_t n)
{
	const Elf64_Phdr *p = elf_image_segment(img, vaddr, n);
	uint64_t skip, in_file = 0;

	if (!n)
		return 0;
	if (!p)
		return -EFAULT;
	skip = vaddr - p->p_vaddr;
	if (skip < segment_filesz(p))
		in_file = segment_filesz(p) - skip;
	if (in_file > n)
		in_file = n;
	memset((char *)dst + in_file, 0, n - in_file);
	if (in_file && p->p_offset > UINT64_MAX - skip)
		return -ENODATA;
	return in_file ? elf_image_pread(img, p->p_offset + skip, dst, in_file) : 0;
}

const char *elf_image_section_name(const struct elf_image *img, const Elf64_Shdr *s)
{
	return s->sh_name < img->names_size ? img->names + s->sh_name : "";
}

const Elf64_Shdr *elf_image_section(const struct elf_image *img, const char *name)
{
	for (size_t i = 0; i < img->n_shdr; i++) {
		const Elf64_Shdr *s = &img->shdr[i];

		if (shdr_in_file(img, s) && !strcmp(elf_image_section_name(img, s), name))
			return s;
	}
	return NULL;
}
