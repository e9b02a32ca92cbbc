"""The tables, one module per domain. Patient text, names, and numbers are only in encrypted columns."""

from __future__ import annotations

from inbox.models.attachments import Attachment, AttachmentKind, AttachmentState, Refusal
from inbox.models.audit import AuditEntry
from inbox.models.base import Base, now
from inbox.models.common_questions import AskedOutcome, AskedQuestion, CommonQuestion
from inbox.models.conversations import (
    Classification,
    Conversation,
    ConversationState,
    Decision,
    Keyword,
    LineType,
    Message,
)
from inbox.models.deliveries import NEVER_ARRIVED, UNDELIVERED, Delivery, DeliveryState
from inbox.models.drafts import DraftKind, ReplyDraft
from inbox.models.encryption_keys import EncryptionKey, RunningProcess
from inbox.models.found_entities import FoundEntities
from inbox.models.leases import Lease
from inbox.models.lifecycle import CarrierErasure, ErasureKind, RestoredBackup, RetentionRun
from inbox.models.member_notices import MemberNotice, NoticeReason
from inbox.models.notifications import AlarmEnd, Escalation, Notification, NotificationState
from inbox.models.opt_outs import OptOut
from inbox.models.patients import Patient, PatientAddress, PatientConversation, PatientMerge
from inbox.models.reviews import Review, ReviewReason
from inbox.models.saved_replies import SavedReply
from inbox.models.saved_views import SavedView
from inbox.models.search_codes import SearchCode
from inbox.models.setting_versions import SettingVersion
from inbox.models.setup import (
    FirstAdminLink,
    PracticeSetup,
    SetupSighting,
    SetupTest,
    SetupTestKind,
    SetupTestState,
    SightingKind,
)
from inbox.models.sign_in import EmergencyAccess, LinkPurpose, SignInFailure, StaffLink
from inbox.models.staff import (
    ConversationRead,
    Note,
    NoticePreference,
    Passkey,
    StaffMember,
    StaffPractice,
    StaffSession,
)
from inbox.models.tags import ConversationTag
from inbox.models.text_consents import TextConsent
from inbox.models.undo import Undo, UndoKind
from inbox.models.voicemails import Voicemail
from intake.vocabulary import Role

__all__ = [
    "NEVER_ARRIVED",
    "UNDELIVERED",
    "AlarmEnd",
    "AskedOutcome",
    "AskedQuestion",
    "Attachment",
    "AttachmentKind",
    "AttachmentState",
    "AuditEntry",
    "Base",
    "CarrierErasure",
    "Classification",
    "CommonQuestion",
    "Conversation",
    "ConversationRead",
    "ConversationState",
    "ConversationTag",
    "Decision",
    "Delivery",
    "DeliveryState",
    "DraftKind",
    "EmergencyAccess",
    "EncryptionKey",
    "ErasureKind",
    "Escalation",
    "FirstAdminLink",
    "FoundEntities",
    "Keyword",
    "Lease",
    "LineType",
    "LinkPurpose",
    "MemberNotice",
    "Message",
    "Note",
    "NoticePreference",
    "NoticeReason",
    "Notification",
    "NotificationState",
    "OptOut",
    "Passkey",
    "Patient",
    "PatientAddress",
    "PatientConversation",
    "PatientMerge",
    "PracticeSetup",
    "Refusal",
    "ReplyDraft",
    "RestoredBackup",
    "RetentionRun",
    "Review",
    "ReviewReason",
    "Role",
    "RunningProcess",
    "SavedReply",
    "SavedView",
    "SearchCode",
    "SettingVersion",
    "SetupSighting",
    "SetupTest",
    "SetupTestKind",
    "SetupTestState",
    "SightingKind",
    "SignInFailure",
    "StaffLink",
    "StaffMember",
    "StaffPractice",
    "StaffSession",
    "TextConsent",
    "Undo",
    "UndoKind",
    "Voicemail",
    "now",
]
