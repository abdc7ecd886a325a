"""What is known about people who have an account, sign in or get mail, and how it is erased."""

from accounts.claims import CONTRACT, INTEREST, LAW, TECHNICAL, About, Claim, Export, Record, Runs

ACCOUNT = Record(
    About.CUSTOMER,
    "Your account, if you want one: e-mail address, password (as a code that cannot be turned back) and, if you like, a"
    " name",
    "So that you can see your orders",
    CONTRACT,
    "Until you ask us to delete it",
    "accounts.erasing.account",
    Runs.ASKED,
    Export.ACCOUNT,
)
STAFF_ACCOUNT = Record(
    About.STAFF,
    "Who works here: rights, groups and second factor of a staff login",
    "To let nobody else in",
    LAW,
    "As long as somebody works here",
    "accounts.erasing.account",
    Runs.ASKED,
    public=False,
)
STAFF_LOG = Record(
    About.STAFF,
    "Which member of staff changed which row in the admin",
    "To find mistakes and misuse",
    INTEREST,
    "{staff_log_days} days",
    "accounts.erasing.staff_log",
    public=False,
)
SESSION = Record(
    About.CUSTOMER,
    "What your visit remembers: the keys of your basket, books and orders, and whether you are signed in",
    "To show you your books and nobody else",
    CONTRACT,
    "{session_days} days",
    "accounts.erasing.sessions",
)
ATTEMPT = Record(
    About.CUSTOMER,
    "Failed attempts to sign in: the address tried, the browser, and a code made from the network address",
    "To stop somebody from guessing your password",
    INTEREST,
    "{login_attempt_hours} hours",
    "accounts.erasing.login_attempts",
)
ADDRESS_CHECK = Record(
    About.CUSTOMER,
    "That we asked you to confirm an e-mail address",
    "To write to nobody else",
    CONTRACT,
    "{address_check_days} days",
    "accounts.erasing.address_checks",
    public=False,
)
MAIL = Record(
    About.CUSTOMER,
    "The text of mails we sent you, and the address they went to",
    "To answer when something went wrong",
    CONTRACT,
    "{mail_days} days",
    "accounts.mail.forget_bodies",
    shared_with=("mail",),
)
MAIL_MARK = Record(
    About.CUSTOMER,
    "That a mail about an order was sent: which one and when, without text or address",
    "To send nothing twice",
    CONTRACT,
    "{mail_mark_days} days",
    "accounts.mail.forget_marks",
)

CLAIMS = (
    Claim(
        "accounts.User",
        {
            ACCOUNT: "email name password last_login date_joined",
            STAFF_ACCOUNT: "is_staff is_superuser",
            TECHNICAL: "id is_active",
        },
    ),
    Claim("accounts.User_groups", {STAFF_ACCOUNT: "user group", TECHNICAL: "id"}),
    Claim("accounts.User_user_permissions", {STAFF_ACCOUNT: "user permission", TECHNICAL: "id"}),
    Claim(
        "accounts.OutgoingMail",
        {
            MAIL: "recipient subject text html",
            MAIL_MARK: "key message_id created_at sent_at template",
            TECHNICAL: "id state tries lease_until",
        },
    ),
    Claim("account.EmailAddress", {ACCOUNT: "user email", TECHNICAL: "id verified primary"}),
    Claim("account.EmailConfirmation", {ADDRESS_CHECK: "email_address created sent key", TECHNICAL: "id"}),
    Claim("mfa.Authenticator", {STAFF_ACCOUNT: "user data created_at last_used_at", TECHNICAL: "id type"}),
    Claim("sessions.Session", {SESSION: "session_key session_data expire_date"}),
    Claim(
        "admin.LogEntry",
        {STAFF_LOG: "action_time user object_id object_repr action_flag change_message content_type", TECHNICAL: "id"},
    ),
    *(
        Claim(
            f"axes.{model}",
            {ATTEMPT: f"user_agent ip_address username http_accept path_info attempt_time {more}", TECHNICAL: "id"},
        )
        for model, more in (
            ("AccessAttempt", "get_data post_data failures_since_start"),
            ("AccessFailureLog", "locked_out"),
            ("AccessLog", "logout_time session_hash"),
        )
    ),
    Claim("axes.AccessAttemptExpiration", {ATTEMPT: "access_attempt expires_at"}),
    Claim("auth.Group", {TECHNICAL: "id name"}),
    Claim("auth.Group_permissions", {TECHNICAL: "id group permission"}),
    Claim("auth.Permission", {TECHNICAL: "id name content_type codename"}),
    Claim("contenttypes.ContentType", {TECHNICAL: "id app_label model"}),
)
