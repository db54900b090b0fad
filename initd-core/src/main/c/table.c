/* Slots and store: tables of fixed size in one mapping, found by label, pid and id through hash chains. */
#include "keeper.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { STORED_PER_SLOT = 4 };

/* FNV-1a over the words of a label. */
static uint32_t label_hash(const struct keeper *keeper, const uint8_t *label) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < KEEPER_LABEL_SIZE; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, label + i, sizeof word);
        hash = (hash ^ word) * 0x100000001b3u;
        hash ^= hash >> 29;
    }
    return (uint32_t)hash & keeper->hash_mask;
}

static uint32_t pid_hash(const struct keeper *keeper, pid_t pid) {
    return (uint32_t)pid & keeper->hash_mask;
}

static size_t aligned(size_t size) {
    return (size + 63) & ~(size_t)63;
}

/* Zeros; untouched pages cost nothing. Children do not get it: copying it would be most of the cost of a fork. */
void *table_memory(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || madvise(memory, size, MADV_DONTFORK) < 0)
        die(1, "cannot allocate %zu bytes: %s", size, strerror(errno));
    return memory;
}

void table_init(struct keeper *keeper) {
    keeper->max_slots = keeper->options.max_services;
    keeper->max_stored = keeper->max_slots * STORED_PER_SLOT;
    uint32_t hash_size = 1024;
    while (hash_size < keeper->max_slots) hash_size *= 2;
    keeper->hash_mask = hash_size - 1;
    size_t slots = aligned(keeper->max_slots * sizeof(struct slot));
    size_t stored = aligned(keeper->max_stored * sizeof(struct stored));
    size_t hash = aligned(hash_size * sizeof(uint32_t));
    char *memory = table_memory(slots + stored + 3 * hash);
    keeper->slots = (struct slot *)memory;
    keeper->stored = (struct stored *)(memory + slots);
    keeper->slot_labels = (uint32_t *)(memory + slots + stored);
    keeper->slot_pids = (uint32_t *)(memory + slots + stored + hash);
    keeper->stored_labels = (uint32_t *)(memory + slots + stored + 2 * hash);
}

static struct queue_link *link_of(struct keeper *keeper, const struct queue *queue, uint32_t number) {
    return queue == &keeper->untold_slots ? &keeper->slots[number - 1].untold : &keeper->stored[number - 1].untold;
}

static void enqueue(struct keeper *keeper, struct queue *queue, uint32_t number) {
    struct queue_link *link = link_of(keeper, queue, number);
    if (link->queued) return;
    *link = (struct queue_link){.previous = queue->last, .queued = true};
    if (queue->last) link_of(keeper, queue, queue->last)->next = number;
    else queue->first = number;
    queue->last = number;
}

static void dequeue(struct keeper *keeper, struct queue *queue, uint32_t number) {
    struct queue_link *link = link_of(keeper, queue, number);
    if (!link->queued) return;
    if (link->previous) link_of(keeper, queue, link->previous)->next = link->next;
    else queue->first = link->next;
    if (link->next) link_of(keeper, queue, link->next)->previous = link->previous;
    else queue->last = link->previous;
    *link = (struct queue_link){0};
}

uint32_t slot_index(const struct keeper *keeper, const struct slot *slot) {
    return (uint32_t)(slot - keeper->slots);
}

static uint32_t stored_index(const struct keeper *keeper, const struct stored *stored) {
    return (uint32_t)(stored - keeper->stored);
}

/* NULL when all are taken. */
struct slot *slot_new(struct keeper *keeper, const uint8_t *label, uint64_t request) {
    uint32_t number = keeper->slots_free;
    if (number) keeper->slots_free = keeper->slots[number - 1].free_next;
    else if (keeper->slots_touched < keeper->max_slots) number = ++keeper->slots_touched;
    else return NULL;
    struct slot *slot = &keeper->slots[number - 1];
    uint32_t generation = slot->generation + 1;
    memset(slot, 0, sizeof *slot);
    slot->generation = generation;
    slot->id = (uint64_t)generation << 32 | number;
    slot->request = request;
    slot->pidfd = slot->status_pipe = NONE;
    memcpy(slot->label, label, KEEPER_LABEL_SIZE);
    uint32_t *head = &keeper->slot_labels[label_hash(keeper, label)];
    slot->label_next = *head;
    *head = number;
    keeper->slots_used++;
    return slot;
}

void slot_set_pid(struct keeper *keeper, struct slot *slot, pid_t pid) {
    slot->pid = pid;
    uint32_t *head = &keeper->slot_pids[pid_hash(keeper, pid)];
    slot->pid_next = *head;
    *head = slot_index(keeper, slot) + 1;
}

/* From the moment it is reaped a pid may be another's. */
void slot_forget_pid(struct keeper *keeper, struct slot *slot) {
    uint32_t number = slot_index(keeper, slot) + 1;
    uint32_t *at = &keeper->slot_pids[pid_hash(keeper, slot->pid)];
    while (*at && *at != number) at = &keeper->slots[*at - 1].pid_next;
    if (*at) *at = slot->pid_next;
}

struct slot *slot_by_label(struct keeper *keeper, const uint8_t *label) {
    uint32_t number = keeper->slot_labels[label_hash(keeper, label)];
    while (number && memcmp(keeper->slots[number - 1].label, label, KEEPER_LABEL_SIZE) != 0)
        number = keeper->slots[number - 1].label_next;
    return number ? &keeper->slots[number - 1] : NULL;
}

struct slot *slot_by_pid(struct keeper *keeper, pid_t pid) {
    uint32_t number = keeper->slot_pids[pid_hash(keeper, pid)];
    while (number && keeper->slots[number - 1].pid != pid) number = keeper->slots[number - 1].pid_next;
    return number ? &keeper->slots[number - 1] : NULL;
}

struct slot *slot_by_id(struct keeper *keeper, uint64_t id) {
    uint32_t number = (uint32_t)id;
    if (number == 0 || number > keeper->slots_touched || keeper->slots[number - 1].id != id) return NULL;
    return &keeper->slots[number - 1];
}

bool slot_is_final(const struct slot *slot) {
    return slot->state == KEEPER_FAILED || slot->state == KEEPER_EXITED;
}

void slot_tell(struct keeper *keeper, struct slot *slot) {
    enqueue(keeper, &keeper->untold_slots, slot_index(keeper, slot) + 1);
}

void slot_told(struct keeper *keeper, struct slot *slot) {
    dequeue(keeper, &keeper->untold_slots, slot_index(keeper, slot) + 1);
}

void slot_change(struct keeper *keeper, struct slot *slot, uint32_t state) {
    slot->state = state;
    slot->changed_ns = now_ns();
    slot_tell(keeper, slot);
}

static void close_if_open(int fd) {
    if (fd != NONE) close(fd);
}

void slot_free(struct keeper *keeper, struct slot *slot) {
    uint32_t number = slot_index(keeper, slot) + 1;
    if (!slot_is_final(slot)) slot_forget_pid(keeper, slot);
    if (slot->flags & KEEPER_SLOT_WATCHED && !slot_is_final(slot)) keeper->watched--;
    slot_told(keeper, slot);
    close_if_open(slot->pidfd);
    close_if_open(slot->status_pipe);
    uint32_t *at = &keeper->slot_labels[label_hash(keeper, slot->label)];
    while (*at != number) at = &keeper->slots[*at - 1].label_next;
    *at = slot->label_next;
    slot->id = 0;
    slot->free_next = keeper->slots_free;
    keeper->slots_free = number;
    keeper->slots_used--;
}

static uint32_t *stored_at(struct keeper *keeper, const uint8_t *label) {
    uint32_t *at = &keeper->stored_labels[label_hash(keeper, label)];
    while (*at && memcmp(keeper->stored[*at - 1].label, label, KEEPER_LABEL_SIZE) != 0)
        at = &keeper->stored[*at - 1].label_next;
    return at;
}

/* Takes the descriptor; false (and it is still the caller's) when there is no room. */
bool store_put(struct keeper *keeper, const uint8_t *label, int fd) {
    uint32_t *at = stored_at(keeper, label);
    if (*at) {
        close(keeper->stored[*at - 1].fd);
        keeper->stored[*at - 1].fd = fd;
        return true;
    }
    uint32_t number = keeper->stored_free;
    if (number) keeper->stored_free = keeper->stored[number - 1].free_next;
    else if (keeper->stored_touched < keeper->max_stored) number = ++keeper->stored_touched;
    else return false;
    struct stored *stored = &keeper->stored[number - 1];
    *stored = (struct stored){.fd = fd, .used = true};
    memcpy(stored->label, label, KEEPER_LABEL_SIZE);
    *at = number;
    keeper->stored_used++;
    return true;
}

void store_told(struct keeper *keeper, struct stored *stored) {
    dequeue(keeper, &keeper->untold_stored, stored_index(keeper, stored) + 1);
}

void store_drop(struct keeper *keeper, const uint8_t *label) {
    uint32_t *at = stored_at(keeper, label);
    uint32_t number = *at;
    if (!number) return;
    struct stored *stored = &keeper->stored[number - 1];
    *at = stored->label_next;
    store_told(keeper, stored);
    close(stored->fd);
    stored->used = false;
    stored->free_next = keeper->stored_free;
    keeper->stored_free = number;
    keeper->stored_used--;
}

/* A new manager knows nothing: everything is to be told again. */
void table_untell(struct keeper *keeper) {
    for (uint32_t i = 0; i < keeper->slots_touched; i++) {
        struct slot *slot = &keeper->slots[i];
        if (slot->id == 0) continue;
        slot->pidfd_told = slot->stop_told = false;
        slot_tell(keeper, slot);
    }
    for (uint32_t i = 0; i < keeper->stored_touched; i++)
        if (keeper->stored[i].used) enqueue(keeper, &keeper->untold_stored, i + 1);
}
